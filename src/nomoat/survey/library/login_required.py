"""django-login-required-middleware: views for everybody."""


def login_not_required(obj):
    obj.login_required = False
    return obj


class LoginNotRequiredMixin:
    login_required = False
