"""djoser: an account is for who it belongs to and for staff."""

from rest_framework.permissions import SAFE_METHODS, IsAuthenticated


class CurrentUserOrAdmin(IsAuthenticated):
    def has_object_permission(self, request, view, obj):
        user = request.user
        return user.is_staff or obj.pk == user.pk


class CurrentUserOrAdminOrReadOnly(IsAuthenticated):
    def has_object_permission(self, request, view, obj):
        user = request.user
        return obj == user or request.method in SAFE_METHODS or user.is_staff
