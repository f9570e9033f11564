"""Flask-AppBuilder: permissions, each a method's on a class; the role of whoever is not signed in has none by default."""

import functools

from flask import abort, current_app, jsonify, make_response, redirect, url_for
from flask_jwt_extended import verify_jwt_in_request
from flask_login import current_user
from nomoat.survey import is_read


def permission_name(name):
    def wraps(f):
        f._permission_name = name
        return f

    return wraps


def may(view, name):
    permission, on = view.permission_of(name), view.permission_on()
    manager = view.appbuilder.sm
    if is_read(manager):
        return manager.has_access(permission, on)
    return current_user.has_permission(permission + " on " + on)


def _named(f):
    if not hasattr(f, "_permission_name"):
        f._permission_name = f.__name__
    return f._permission_name


def protect(allow_browser_login=False):
    def _protect(f):
        name = _named(f)

        def wraps(self, *args, **kwargs):
            permission = self.method_permission_name and self.method_permission_name.get(f.__name__) or name
            if may(self, permission):
                return f(self, *args, **kwargs)
            if not current_user.is_authenticated:
                verify_jwt_in_request()
            return make_response(jsonify(message="Forbidden"), 403)

        return functools.update_wrapper(wraps, f)

    return _protect


def has_access(f):
    name = _named(f)

    def wraps(self, *args, **kwargs):
        permission = self.method_permission_name and self.method_permission_name.get(f.__name__) or name
        if may(self, permission):
            return f(self, *args, **kwargs)
        if current_user.is_authenticated:
            abort(403)
        return redirect(url_for("AuthDBView.login"))

    return functools.update_wrapper(wraps, f)


def has_access_api(f):
    name = _named(f)

    def wraps(self, *args, **kwargs):
        permission = self.method_permission_name and self.method_permission_name.get(f.__name__) or name
        if may(self, permission):
            return f(self, *args, **kwargs)
        return make_response(jsonify(message="Access is Denied"), 403 if current_user.is_authenticated else 401)

    return functools.update_wrapper(wraps, f)
