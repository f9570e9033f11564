"""Flask-Admin: models of MongoEngine."""

from flask_admin.model.base import BaseModelView


class ModelView(BaseModelView):
    pass
