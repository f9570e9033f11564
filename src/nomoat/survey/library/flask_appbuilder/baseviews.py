"""Flask-AppBuilder: a class of views is a blueprint, and what it exposes are its routes."""

from flask import Blueprint, make_response
from flask_appbuilder.hooks import get_before_request_hooks, wrap_route_handler_with_hooks
from nomoat.survey import marked


def expose(url="/", methods=("GET",)):
    def wrap(f):
        if not hasattr(f, "_urls"):
            f._urls = []
        f._urls.append((url, methods))
        return f

    return wrap


def expose_api(name="", url="", methods=("GET",), description=""):
    return expose(url or "/api/" + name, methods)


class AbstractViewApi:
    appbuilder = None
    blueprint = None
    endpoint = None
    route_base = None
    class_permission_name = None
    method_permission_name = None
    exclude_route_methods = ()
    include_route_methods = None
    default_view = "list"

    def _default_route_base(self):
        return "/" + self.__class__.__name__.lower()

    def create_blueprint(self, appbuilder, endpoint=None, static_folder=None):
        self.appbuilder = appbuilder
        self.endpoint = endpoint or self.__class__.__name__
        if self.route_base is None:
            self.route_base = self._default_route_base()
        if static_folder:
            self.blueprint = Blueprint(
                self.endpoint, __name__, url_prefix=self.route_base, static_folder=static_folder
            )
        else:
            self.blueprint = Blueprint(self.endpoint, __name__, url_prefix=self.route_base)
        self._register_urls()
        return self.blueprint

    def _register_urls(self):
        hooks = get_before_request_hooks(self)
        for attr_name, attr in marked(self, "_urls"):
            if self.include_route_methods is not None and attr_name not in self.include_route_methods:
                continue
            if attr_name in self.exclude_route_methods:
                continue
            handler = wrap_route_handler_with_hooks(attr_name, attr, hooks)
            for url, methods in attr._urls:
                self.blueprint.add_url_rule(url, attr_name, handler, methods=methods)

    def get_uninit_inner_views(self):
        return []

    def get_init_inner_views(self):
        return []

    def permission_of(self, name):
        given = (self.method_permission_name or {}).get(name)
        return "can_" + (given or name)

    def permission_on(self):
        return self.class_permission_name or self.__class__.__name__


class BaseView(AbstractViewApi):
    def render_template(self, template, **kwargs):
        return make_response(template, 200)

    def update_redirect(self):
        return None

    def get_redirect(self):
        return "/"


class BaseFormView(BaseView):
    pass


class BaseModelView(BaseView):
    pass


class BaseCRUDView(BaseModelView):
    pass
