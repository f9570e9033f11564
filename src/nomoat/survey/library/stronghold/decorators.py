"""django-stronghold: views for everybody."""

from stronghold.utils import set_view_func_public


def public(function):
    set_view_func_public(function)
    return function
