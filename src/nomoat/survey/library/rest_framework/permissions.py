"""Django REST framework: who comes through to a view, and to an object."""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class BasePermission:
    @classmethod
    def __and__(cls, other):
        return _Both(cls, other)

    @classmethod
    def __or__(cls, other):
        return _Either(cls, other)

    @classmethod
    def __invert__(cls):
        return _Not(cls)

    def has_permission(self, request, view):
        return True

    def has_object_permission(self, request, view, obj):
        return True


class _Operators:
    def __call__(self):
        return self

    def __and__(self, other):
        return _Both(self, other)

    def __or__(self, other):
        return _Either(self, other)

    def __invert__(self):
        return _Not(self)


class _Both(_Operators):
    def __init__(self, first, second):
        self.first = first
        self.second = second

    def has_permission(self, request, view):
        return self.first().has_permission(request, view) and self.second().has_permission(request, view)

    def has_object_permission(self, request, view, obj):
        return self.first().has_object_permission(request, view, obj) and self.second().has_object_permission(
            request, view, obj
        )


class _Either(_Operators):
    def __init__(self, first, second):
        self.first = first
        self.second = second

    def has_permission(self, request, view):
        return self.first().has_permission(request, view) or self.second().has_permission(request, view)

    def has_object_permission(self, request, view, obj):
        return (
            self.first().has_permission(request, view) and self.first().has_object_permission(request, view, obj)
        ) or (self.second().has_permission(request, view) and self.second().has_object_permission(request, view, obj))


class _Not(_Operators):
    def __init__(self, inner):
        self.inner = inner

    def has_permission(self, request, view):
        return not self.inner().has_permission(request, view)

    def has_object_permission(self, request, view, obj):
        return not self.inner().has_object_permission(request, view, obj)


class AllowAny(BasePermission):
    def has_permission(self, request, view):
        return True


class IsAuthenticated(BasePermission):
    def has_permission(self, request, view):
        return bool(request.user and request.user.is_authenticated)


class IsAdminUser(BasePermission):
    def has_permission(self, request, view):
        return bool(request.user and request.user.is_staff)


class IsAuthenticatedOrReadOnly(BasePermission):
    def has_permission(self, request, view):
        return bool(request.method in SAFE_METHODS or request.user and request.user.is_authenticated)


class DjangoModelPermissions(BasePermission):
    perms_map = {
        "GET": [],
        "OPTIONS": [],
        "HEAD": [],
        "POST": ["%(app_label)s.add_%(model_name)s"],
        "PUT": ["%(app_label)s.change_%(model_name)s"],
        "PATCH": ["%(app_label)s.change_%(model_name)s"],
        "DELETE": ["%(app_label)s.delete_%(model_name)s"],
    }
    authenticated_users_only = True

    def get_required_permissions(self, method, model_cls):
        return self.perms_map[method]

    def _queryset(self, view):
        return view.get_queryset() if hasattr(view, "get_queryset") else getattr(view, "queryset", None)

    def has_permission(self, request, view):
        if not request.user.is_authenticated and self.authenticated_users_only:
            return False
        perms = self.get_required_permissions(request.method, getattr(self._queryset(view), "model", None))
        if not perms:
            return True
        return request.user.has_perms(_of_model(perms))


def _of_model(perms):
    return [_named(one) for one in perms]


def _named(permission):
    return permission


class DjangoModelPermissionsOrAnonReadOnly(DjangoModelPermissions):
    authenticated_users_only = False


class DjangoObjectPermissions(DjangoModelPermissions):
    def get_required_object_permissions(self, method, model_cls):
        return self.perms_map[method]

    def has_object_permission(self, request, view, obj):
        perms = self.get_required_object_permissions(request.method, None)
        if not perms:
            return True
        return request.user.has_perms(_of_model(perms), obj)
