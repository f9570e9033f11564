"""Flask-Classful: classes whose public methods are routes, at paths made of their names and parameters."""

import inspect
from functools import wraps

from nomoat.survey import dashed, path_parameters


def route(rule, **options):
    def decorator(f):
        f._rules = [*f._rules, (rule, options)] if hasattr(f, "_rules") else [(rule, options)]
        return f

    return decorator


def method(name, **options):
    def decorator(f):
        f.http_methods = [*f.http_methods, name] if hasattr(f, "http_methods") else [name]
        return f

    return decorator


class FlaskView:
    decorators = []
    representations = {}
    route_base = None
    route_prefix = None
    trailing_slash = True
    base_args = []
    excluded_methods = []
    method_dashified = False
    inspect_args = True
    default_methods = ["GET"]
    special_methods = {
        "get": ["GET"],
        "put": ["PUT"],
        "patch": ["PATCH"],
        "post": ["POST"],
        "delete": ["DELETE"],
        "index": ["GET"],
    }

    @classmethod
    def register(
        cls,
        app,
        route_base=None,
        subdomain=None,
        route_prefix=None,
        trailing_slash=None,
        method_dashified=None,
        base_class=None,
        init_argument=None,
        **rule_options,
    ):
        base = route_base or cls.route_base
        if base is None:
            base = dashed(cls.__name__.removesuffix("View"))
        prefix = route_prefix or cls.route_prefix or ""
        slash = cls.trailing_slash if trailing_slash is None else trailing_slash
        dashes = cls.method_dashified if method_dashified is None else method_dashified
        for name, value in inspect.getmembers(cls, predicate=inspect.isfunction):
            if name in dir(base_class or FlaskView) or name in cls.excluded_methods:
                continue
            if name.startswith(("_", "before_", "after_")):
                continue
            proxy = cls.make_proxy_method(name, init_argument)
            endpoint = f"{cls.__name__}:{name}"
            if hasattr(value, "_rules"):
                for place, (rule, options) in enumerate(value._rules):
                    own = endpoint if len(value._rules) == 1 else f"{endpoint}_{place}"
                    given = {"endpoint": own, **options, **rule_options}
                    app.add_url_rule(_rule(prefix, base, rule), view_func=proxy, **given)
                continue
            ending = "/"
            methods = value.http_methods if hasattr(value, "http_methods") else cls.default_methods
            if name in cls.special_methods:
                methods = cls.special_methods[name]
            else:
                ending = f"/{name.replace('_', '-') if dashes else name}/"
            if cls.inspect_args:
                ending = ending + "/".join(path_parameters(value, cls.base_args))
            path = _rule(prefix, base, ending)
            path = f"{path}/".replace("//", "/") if slash else path.rstrip("/") or "/"
            app.add_url_rule(path, endpoint, proxy, methods=methods, **rule_options)

    @classmethod
    def make_proxy_method(cls, name, init_argument):
        made = cls() if init_argument is None else cls(init_argument)
        bound = getattr(made, name)

        @wraps(bound)
        def view(*args, **kwargs):
            return bound(*args, **kwargs)

        for decorator in reversed(cls.decorators):
            view = decorator(view)

        @wraps(view)
        def proxy(*args, **kwargs):
            if hasattr(made, "before_request"):
                response = made.before_request(name, **kwargs)
                if response is not None:
                    return response
            if hasattr(made, f"before_{name}"):
                response = getattr(made, f"before_{name}")(**kwargs)
                if response is not None:
                    return response
            return view(*args, **kwargs)

        return proxy


def _rule(prefix, base, rule):
    return f"/{prefix}/{base}/{rule}".replace("////", "/").replace("///", "/").replace("//", "/")
