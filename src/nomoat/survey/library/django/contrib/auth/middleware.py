"""Django: who is not signed in sees no view, except those that say they may be seen."""

from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin


class LoginRequiredMiddleware(MiddlewareMixin):
    def process_view(self, request, view_func, view_args, view_kwargs):
        if not getattr(view_func, "login_required", True):
            return None
        if request.user.is_authenticated:
            return None
        return self.handle_no_permission(request, view_func)

    def handle_no_permission(self, request, view_func):
        return redirect("login")
