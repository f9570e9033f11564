"""Pyramid: who is asked whether somebody may."""

NO_PERMISSION_REQUIRED = "__no_permission_required__"
Everyone = "system.Everyone"
Authenticated = "system.Authenticated"
Allow = "Allow"
Deny = "Deny"
ALL_PERMISSIONS = "system.AllPermissions"
DENY_ALL = (Deny, Everyone, ALL_PERMISSIONS)


class PermitsResult:
    def __init__(self, *args):
        self.msg = args


class Denied(PermitsResult):
    def __bool__(self):
        return False


class Allowed(PermitsResult):
    def __bool__(self):
        return True


class ACLDenied(Denied):
    pass


class ACLAllowed(Allowed):
    pass


class LegacySecurityPolicy:
    def __init__(self, root):
        self.root = root

    def permits(self, request, context, permission):
        principals = self.root.authentication.effective_principals(request)
        return self.root.authorization.permits(context, principals, permission)


def authenticated_userid(request):
    return request.authenticated_userid


def unauthenticated_userid(request):
    return request.unauthenticated_userid


def effective_principals(request):
    return request.effective_principals


def has_permission(permission, context, request):
    return request.has_permission(permission, context)
