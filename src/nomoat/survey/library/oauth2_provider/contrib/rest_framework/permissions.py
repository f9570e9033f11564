"""django-oauth-toolkit: who comes through to a view by what a token may be used for."""

from rest_framework.permissions import BasePermission, IsAuthenticated


class TokenHasScope(BasePermission):
    def has_permission(self, request, view):
        token = request.auth
        if not token:
            return False
        return token.is_valid(self.get_scopes(request, view))

    def get_scopes(self, request, view):
        return view.required_scopes


class TokenHasReadWriteScope(TokenHasScope):
    pass


class TokenHasResourceScope(TokenHasScope):
    pass


class TokenMatchesOASRequirements(TokenHasScope):
    def get_scopes(self, request, view):
        return view.required_alternate_scopes


class IsAuthenticatedOrTokenHasScope(BasePermission):
    def has_permission(self, request, view):
        return IsAuthenticated().has_permission(request, view) or TokenHasScope().has_permission(request, view)
