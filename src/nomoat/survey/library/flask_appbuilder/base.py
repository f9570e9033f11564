"""Flask-AppBuilder: what classes of views are added to, and the views that it adds by itself."""

from flask import Blueprint, current_app
from flask_appbuilder.api.manager import OpenApi, SwaggerView
from flask_appbuilder.babel.views import LocaleView
from flask_appbuilder.menu import MenuApi
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.views import IndexView, UtilView
from nomoat.survey import as_source_has_it


class AppBuilder:
    security_manager_class = None

    def __init__(
        self,
        app=None,
        session=None,
        menu=None,
        indexview=None,
        base_template="appbuilder/baselayout.html",
        static_folder="static/appbuilder",
        static_url_path="/appbuilder",
        security_manager_class=None,
        update_perms=True,
    ):
        self.app = app
        self.session = session
        self.baseviews = []
        self.indexview = indexview
        self.static_folder = static_folder
        self.static_url_path = static_url_path
        if security_manager_class is not None:
            self.security_manager_class = security_manager_class
        self.sm = None
        if app is not None:
            self.init_app(app, session)

    def init_app(self, app, session=None):
        self.app = app
        self.session = session
        app.appbuilder = self
        self.sm = (self.security_manager_class or SecurityManager)(self)
        files = Blueprint(
            "appbuilder",
            __name__,
            url_prefix="/static",
            static_folder=self.static_folder,
            static_url_path=self.static_url_path,
        )
        app.register_blueprint(files)
        app.before_request(self.sm.before_request)
        self.add_view_no_menu(self.indexview or IndexView)
        self.add_view_no_menu(UtilView)
        self.add_view_no_menu(LocaleView)
        self.sm.register_views()
        if as_source_has_it(app.config.get("FAB_API_SWAGGER_UI", False)):
            self.add_api(OpenApi)
            self.add_view_no_menu(SwaggerView)
        self.add_api(MenuApi)

    @property
    def get_app(self):
        return self.app

    @property
    def get_session(self):
        return self.session

    def add_view(self, baseview, name="", *args, **kwargs):
        return self.add_view_no_menu(baseview)

    def add_api(self, baseview):
        return self.add_view_no_menu(baseview)

    def add_view_no_menu(self, baseview, endpoint=None, static_folder=None):
        if isinstance(baseview, type):
            baseview = baseview()
        baseview.appbuilder = self
        blueprint = baseview.create_blueprint(self, endpoint=endpoint, static_folder=static_folder)
        if self.app is not None:
            self.app.register_blueprint(blueprint)
        else:
            current_app.register_blueprint(blueprint)
        return baseview

    def add_link(self, *args, **kwargs):
        return None

    def add_separator(self, *args, **kwargs):
        return None
