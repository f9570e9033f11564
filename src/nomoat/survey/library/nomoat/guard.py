"""nomoat's own guard, where source names a permission: as a decorator of a handler, or as a dependency of a route."""

from functools import wraps

from flask import abort
from flask_login import current_user
from starlette.requests import HTTPConnection

from nomoat.survey import is_read


def requires(*permissions):
    def both(given: HTTPConnection):
        # FastAPI hands a dependency the connection; anything else is the handler that is decorated.
        if not is_read(given):
            for permission in permissions:
                if not current_user.has_permission(permission):
                    abort(403)
            return None

        @wraps(given)
        def checked(*args, **kwargs):
            for permission in permissions:
                if not current_user.has_permission(permission):
                    abort(403)
            return given(*args, **kwargs)

        return checked

    return both
