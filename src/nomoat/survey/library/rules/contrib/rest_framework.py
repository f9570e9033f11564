"""django-rules: sets of views of Django REST framework that ask for a permission by their action."""

from django.core.exceptions import PermissionDenied


class AutoPermissionViewSetMixin:
    permission_type_map = {
        "create": "add",
        "destroy": "delete",
        "list": None,
        "partial_update": "change",
        "retrieve": "view",
        "update": "change",
    }

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        asked = self.permission_type_map[self.action]
        if asked is None:
            return
        if not request.user.has_perm(self.get_queryset().model.get_perm(asked)):
            raise PermissionDenied
