"""Flask-Admin: the pages of a model of SQLAlchemy."""

from flask_admin.model.base import BaseModelView


class ModelView(BaseModelView):
    def __init__(self, model, session, *args, **kwargs):
        self.session = session
        super().__init__(model, *args, **kwargs)
