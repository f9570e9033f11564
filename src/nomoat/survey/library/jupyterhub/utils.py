"""JupyterHub: paths that are put together, and who is let through to a method."""

from functools import wraps

from tornado.web import HTTPError


def url_path_join(*pieces):
    begins = pieces[0].startswith("/")
    ends = pieces[-1].endswith("/")
    stripped = [piece.strip("/") for piece in pieces]
    result = "/".join([piece for piece in stripped if piece])
    if begins:
        result = "/" + result
    if ends:
        result = result + "/"
    return "/" if result == "//" else result


def auth_decorator(check_auth):
    def decorator(method):
        @wraps(method)
        def decorated(self, *args, **kwargs):
            check_auth(self, **kwargs)
            return method(self, *args, **kwargs)

        return decorated

    return decorator


@auth_decorator
def authenticated_403(self):
    if not self.current_user:
        raise HTTPError(403)


@auth_decorator
def token_authenticated(self):
    if not self.request.authorization:
        raise HTTPError(403)


@auth_decorator
def admin_only(self):
    user = self.current_user
    if not user or not user.admin:
        raise HTTPError(403)


def maybe_future(value):
    return value
