"""Flask-AppBuilder: the choice of a language."""

from flask import make_response
from flask_appbuilder.baseviews import BaseView, expose


class LocaleView(BaseView):
    route_base = "/lang"
    default_view = "index"

    @expose("/<string:locale>")
    def index(self, locale):
        return make_response("", 302)
