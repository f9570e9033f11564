"""Flask-Admin: a class of views is a blueprint; each of its views is for whom the class lets in, by default everybody."""

from functools import wraps

from flask import Blueprint, abort, make_response
from nomoat.survey import marked


def expose(url="/", methods=("GET",)):
    def wrap(f):
        if not hasattr(f, "_urls"):
            f._urls = []
        f._urls.append((url, methods))
        return f

    return wrap


def expose_plugview(url="/"):
    def wrap(view):
        return expose(url, view.methods)(view)

    return wrap


class BaseView:
    def __init__(
        self,
        name=None,
        category=None,
        endpoint=None,
        url=None,
        static_folder=None,
        static_url_path=None,
        menu_class_name=None,
        menu_icon_type=None,
        menu_icon_value=None,
    ):
        self.name = name
        self.category = category
        self.endpoint = self._get_endpoint(endpoint)
        self.url = url
        self.static_folder = static_folder
        self.static_url_path = static_url_path
        self.admin = None
        self.blueprint = None

    def _get_endpoint(self, endpoint):
        return endpoint or self.__class__.__name__.lower()

    def _get_view_url(self, admin, url):
        if url is None:
            if admin.url != "/":
                return admin.url + "/" + self.endpoint
            return "/" if self is admin.index_view else "/" + self.endpoint
        if not url.startswith("/"):
            return admin.url + "/" + url
        return url

    def create_blueprint(self, admin):
        self.admin = admin
        self.static_url_path = self.static_url_path or admin.static_url_path
        self.url = self._get_view_url(admin, self.url)
        if self.url == "/":
            self.url = None
            if not self.static_url_path:
                self.static_folder = "static"
                self.static_url_path = "/static/admin"
        if self.static_folder:
            self.blueprint = Blueprint(
                self.endpoint,
                __name__,
                url_prefix=self.url,
                static_folder=self.static_folder,
                static_url_path=self.static_url_path,
            )
        else:
            self.blueprint = Blueprint(self.endpoint, __name__, url_prefix=self.url)
        for name, view in marked(self, "_urls"):
            handler = self._wrapped(name, view)
            for url, methods in view._urls:
                self.blueprint.add_url_rule(url, name, handler, methods=methods)
        return self.blueprint

    def _wrapped(self, name, view):
        @wraps(view)
        def inner(*args, **kwargs):
            refused = self._handle_view(name, **kwargs)
            if refused is not None:
                return refused
            return view(*args, **kwargs)

        return inner

    def render(self, template, **kwargs):
        return make_response(template, 200)

    def is_visible(self):
        return True

    def is_accessible(self):
        return True

    def _handle_view(self, name, **kwargs):
        if not self.is_accessible():
            return self.inaccessible_callback(name, **kwargs) or abort(403)
        return None

    def inaccessible_callback(self, name, **kwargs):
        abort(403)


class AdminIndexView(BaseView):
    def __init__(
        self,
        name=None,
        category=None,
        endpoint=None,
        url=None,
        template="admin/index.html",
        menu_class_name=None,
        menu_icon_type=None,
        menu_icon_value=None,
    ):
        super().__init__(name, category, endpoint or "admin", "/admin" if url is None else url, "static")
        self._template = template

    @expose()
    def index(self):
        return self.render(self._template)


class Admin:
    def __init__(
        self,
        app=None,
        name=None,
        url=None,
        subdomain=None,
        index_view=None,
        translations_path=None,
        endpoint=None,
        static_url_path=None,
        *args,
        **kwargs,
    ):
        self.app = app
        self.name = name
        self._views = []
        self.index_view = index_view or AdminIndexView(endpoint=endpoint, url=url)
        self.url = url or self.index_view.url
        self.static_url_path = static_url_path
        self.add_view(self.index_view)

    def init_app(self, app, index_view=None, endpoint=None, url=None):
        self.app = app
        if index_view is not None:
            self.index_view = index_view
            self.url = url or self.index_view.url
            self._views[0] = index_view
        for view in self._views:
            app.register_blueprint(view.create_blueprint(self))

    def add_view(self, view):
        self._views.append(view)
        if self.app is not None:
            self.app.register_blueprint(view.create_blueprint(self))

    def add_views(self, *args):
        for view in args:
            self.add_view(view)

    def add_link(self, link):
        pass

    def add_links(self, *args):
        pass

    def add_category(self, *args, **kwargs):
        pass

    def add_sub_category(self, *args, **kwargs):
        pass

    def add_menu_item(self, *args, **kwargs):
        pass
