"""Flask-WTF, by its own name."""

from flask_wtf.csrf import CSRFProtect, CsrfProtect
