"""Flask-User: who is signed in, and what they may; everybody else is shown the way to sign in."""

from functools import wraps

from flask import redirect
from flask_login import current_user


def login_required(view_function):
    @wraps(view_function)
    def decorator(*args, **kwargs):
        if not current_user.is_authenticated:
            return redirect("/user/sign-in")
        return view_function(*args, **kwargs)

    return decorator


def allow_unconfirmed_email(view_function):
    return login_required(view_function)


def roles_accepted(*role_names):
    def wrapper(view_function):
        @wraps(view_function)
        def decorator(*args, **kwargs):
            if not current_user.is_authenticated:
                return redirect("/user/sign-in")
            if not any(current_user.has_role(role) for role in role_names):
                return redirect("/")
            return view_function(*args, **kwargs)

        return decorator

    return wrapper


def roles_required(*role_names):
    def wrapper(view_function):
        @wraps(view_function)
        def decorator(*args, **kwargs):
            if not current_user.is_authenticated:
                return redirect("/user/sign-in")
            for role in role_names:
                if not current_user.has_role(role):
                    return redirect("/")
            return view_function(*args, **kwargs)

        return decorator

    return wrapper
