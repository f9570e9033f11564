"""django-login-required-middleware: who is not signed in sees no view, except those that say so, and paths of settings."""

import re

from django.conf import settings
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin


class LoginRequiredMiddleware(MiddlewareMixin):
    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.user.is_authenticated:
            return None
        if any(re.match(ignored, request.path) for ignored in getattr(settings, "LOGIN_REQUIRED_IGNORE_PATHS", ())):
            return None
        if not getattr(view_func, "login_required", True):
            return None
        view_class = getattr(view_func, "view_class", None)
        if view_class and not getattr(view_class, "login_required", True):
            return None
        if request.resolver_match.view_name in getattr(settings, "LOGIN_REQUIRED_IGNORE_VIEW_NAMES", ()):
            return None
        return redirect("login")
