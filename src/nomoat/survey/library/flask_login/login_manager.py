"""Flask-Login: where its manager is defined."""

from flask_login import LoginManager
