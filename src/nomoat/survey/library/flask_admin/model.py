"""Flask-Admin: the pages of a model, whatever keeps it."""

from flask_admin.model.base import BaseModelView
