"""django-guardian: mixins of views that ask for a permission on their object."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect

from nomoat.survey import is_text


class PermissionRequiredMixin:
    permission_required = None
    return_403 = False
    return_404 = False
    raise_exception = False
    accept_global_perms = False

    def get_required_permissions(self, request=None):
        return [self.permission_required] if is_text(self.permission_required) else self.permission_required

    def has_permissions(self, request):
        if is_text(self.permission_required):
            return request.user.has_perm(self.permission_required)
        return request.user.has_perms(self.get_required_permissions(request))

    def dispatch(self, request, *args, **kwargs):
        self.request = request
        if not self.has_permissions(request):
            if self.return_403 or self.return_404 or self.raise_exception:
                raise PermissionDenied
            return redirect("login")
        return super().dispatch(request, *args, **kwargs)


class LoginRequiredMixin:
    @classmethod
    def as_view(cls, **initkwargs):
        return login_required(super().as_view(**initkwargs))


class PermissionListMixin:
    permission_required = None

    def get_queryset(self, *args, **kwargs):
        # It leaves out what the caller may not see, which is all for some, and refuses nobody.
        return super().get_queryset(*args, **kwargs)
