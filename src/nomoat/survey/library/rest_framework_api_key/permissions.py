"""Django REST framework API key: a key of the Authorization header or of one that settings name."""

from rest_framework.permissions import BasePermission


class KeyParser:
    keyword = "Api-Key"

    def get(self, request):
        return request.headers.get("Authorization")


class BaseHasAPIKey(BasePermission):
    model = None
    key_parser = KeyParser()

    def get_key(self, request):
        return self.key_parser.get(request)

    def has_permission(self, request, view):
        key = self.get_key(request)
        return bool(key)


class HasAPIKey(BaseHasAPIKey):
    pass
