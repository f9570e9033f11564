"""The copy of Flask-User that docassemble goes by."""

from flask_user import allow_unconfirmed_email, login_required, roles_accepted, roles_required
