"""Flask-Login: where what asks who is signed in is defined."""

from flask import current_app
from flask_login import fresh_login_required, login_fresh, login_required
