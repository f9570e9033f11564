"""Flask-Admin: models of SQLAlchemy."""

from flask_admin.contrib.sqla.view import ModelView
