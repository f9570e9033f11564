"""Pyramid: lists of who may what, on what a request is about and on all above it."""

from pyramid.security import (
    ALL_PERMISSIONS,
    DENY_ALL,
    ACLAllowed,
    ACLDenied,
    Allow,
    Authenticated,
    Deny,
    Everyone,
)


def rows_of(context):
    rows = getattr(context, "__acl__", None)
    return rows() if callable(rows) else rows


def may(rows, principals, permission):
    """True or False by the first row that fits, None where none does."""
    for action, principal, permissions in rows:
        if principal in principals:
            names = [permissions] if isinstance(permissions, str) else permissions
            if ALL_PERMISSIONS in names or permission in names:
                return action == Allow
    return None


class ACLHelper:
    def permits(self, context, principals, permission):
        above = getattr(context, "__parent__", None)
        highest = getattr(above, "__parent__", None) if above is not None else None
        for one in (context, above, highest):
            rows = rows_of(one) if one is not None else None
            found = may(rows, principals, permission) if rows is not None else None
            if found is not None:
                return found
        return ACLDenied()


class ACLAuthorizationPolicy(ACLHelper):
    pass
