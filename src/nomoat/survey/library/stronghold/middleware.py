"""django-stronghold: who is not signed in sees no view, except those that say they are public, and paths of settings."""

import re

from django.conf import settings
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin
from stronghold.utils import is_view_func_public


class LoginRequiredMiddleware(MiddlewareMixin):
    def process_view(self, request, view_func, view_args, view_kwargs):
        if is_view_func_public(view_func) or self.is_public_url(request.path_info):
            return None
        if request.user.is_authenticated:
            return None
        return redirect("login")

    def is_public_url(self, url):
        return any(re.match(public, url) for public in getattr(settings, "STRONGHOLD_PUBLIC_URLS", ()))
