"""django-braces: mixins of views, which let only some callers through."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect


class AccessMixin:
    login_url = None
    raise_exception = False
    redirect_unauthenticated_users = False

    def handle_no_permission(self, request):
        if self.raise_exception and not self.redirect_unauthenticated_users:
            raise PermissionDenied
        return self.no_permissions_fail(request)

    def no_permissions_fail(self, request=None):
        return redirect("login")


class LoginRequiredMixin(AccessMixin):
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return self.handle_no_permission(request)
        return super().dispatch(request, *args, **kwargs)


class AnonymousRequiredMixin(AccessMixin):
    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            return redirect("/")
        return super().dispatch(request, *args, **kwargs)


class PermissionRequiredMixin(AccessMixin):
    permission_required = None
    object_level_permissions = False

    def get_permission_required(self, request=None):
        return self.permission_required

    def check_permissions(self, request):
        perms = self.get_permission_required(request)
        if self.object_level_permissions:
            return request.user.has_perm(perms, self.get_object())
        return request.user.has_perm(perms)

    def dispatch(self, request, *args, **kwargs):
        if not self.check_permissions(request):
            return self.handle_no_permission(request)
        return super().dispatch(request, *args, **kwargs)


class MultiplePermissionsRequiredMixin(PermissionRequiredMixin):
    permissions = None

    def get_permission_required(self, request=None):
        return self.permissions

    def check_permissions(self, request):
        permissions = self.get_permission_required(request)
        every, some = permissions.get("all"), permissions.get("any")
        if every and not request.user.has_perms(every):
            return False
        if some and not any([request.user.has_perm(perm) for perm in some]):
            return False
        return True


class GroupRequiredMixin(AccessMixin):
    group_required = None

    def get_group_required(self):
        return (self.group_required,) if isinstance(self.group_required, str) else self.group_required

    def check_membership(self, groups):
        if self.request.user.is_superuser:
            return True
        return self.request.user.groups.filter(name__in=groups).exists()

    def dispatch(self, request, *args, **kwargs):
        self.request = request
        in_group = False
        if request.user.is_authenticated:
            in_group = self.check_membership(self.get_group_required())
        if not in_group:
            return self.handle_no_permission(request)
        return super().dispatch(request, *args, **kwargs)


class UserPassesTestMixin(AccessMixin):
    def test_func(self, user):
        raise NotImplementedError

    def get_test_func(self):
        return self.test_func

    def dispatch(self, request, *args, **kwargs):
        if not self.get_test_func()(request.user):
            return self.handle_no_permission(request)
        return super().dispatch(request, *args, **kwargs)


class SuperuserRequiredMixin(AccessMixin):
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_superuser:
            return self.handle_no_permission(request)
        return super().dispatch(request, *args, **kwargs)


class StaffuserRequiredMixin(AccessMixin):
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_staff:
            return self.handle_no_permission(request)
        return super().dispatch(request, *args, **kwargs)


class RecentLoginRequiredMixin(LoginRequiredMixin):
    pass


class AjaxResponseMixin:
    def dispatch(self, request, *args, **kwargs):
        if request.headers.get("x-requested-with") == "XMLHttpRequest":
            handler = getattr(self, f"{request.method.lower()}_ajax", self.http_method_not_allowed)
            return handler(request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)


class AllVerbsMixin:
    all_handler = "all"

    def dispatch(self, request, *args, **kwargs):
        return getattr(self, self.all_handler)(request, *args, **kwargs)


# What these add to a view asks nothing of who calls it.
class SSLRequiredMixin:
    pass


class CacheControlMixin:
    pass


class CanonicalSlugDetailMixin:
    pass


class CsrfExemptMixin:
    pass


class FormInvalidMessageMixin:
    pass


class FormMessagesMixin:
    pass


class FormValidMessageMixin:
    pass


class HeaderMixin:
    pass


class JSONRequestResponseMixin:
    pass


class JsonRequestResponseMixin:
    pass


class JSONResponseMixin:
    pass


class MessageMixin:
    pass


class NeverCacheMixin:
    pass


class OrderableListMixin:
    pass


class PrefetchRelatedMixin:
    pass


class SelectRelatedMixin:
    pass


class SetHeadlineMixin:
    pass


class StaticContextMixin:
    pass


class SuccessURLRedirectListMixin:
    pass


class UserFormKwargsMixin:
    pass
