"""djoser: accounts, their passwords and their tokens; each action asks for what settings name for it."""

from djoser.conf import permissions_of, user_id_field, username_field
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet


class TokenCreateView(GenericAPIView):
    permission_classes = permissions_of("token_create")

    def post(self, request, **kwargs):
        return None


class TokenDestroyView(APIView):
    permission_classes = permissions_of("token_destroy")

    def post(self, request):
        return None


class UserViewSet(ModelViewSet):
    permission_classes = permissions_of("user")
    lookup_field = user_id_field()

    def get_permissions(self):
        if self.action == "create":
            self.permission_classes = permissions_of("user_create")
        elif self.action == "activation":
            self.permission_classes = permissions_of("activation")
        elif self.action in ("resend_activation", "reset_password"):
            self.permission_classes = permissions_of("password_reset")
        elif self.action == "list":
            self.permission_classes = permissions_of("user_list")
        elif self.action == "reset_password_confirm":
            self.permission_classes = permissions_of("password_reset_confirm")
        elif self.action == "set_password":
            self.permission_classes = permissions_of("set_password")
        elif self.action == "set_username":
            self.permission_classes = permissions_of("set_username")
        elif self.action == "reset_username":
            self.permission_classes = permissions_of("username_reset")
        elif self.action == "reset_username_confirm":
            self.permission_classes = permissions_of("username_reset_confirm")
        elif self.action == "destroy" or (self.action == "me" and self.request.method == "DELETE"):
            self.permission_classes = permissions_of("user_delete")
        return super().get_permissions()

    def get_instance(self):
        return self.request.user

    @action(["get", "put", "patch", "delete"], detail=False)
    def me(self, request, *args, **kwargs):
        return self.get_instance()

    @action(["post"], detail=False)
    def activation(self, request, *args, **kwargs):
        return None

    @action(["post"], detail=False)
    def resend_activation(self, request, *args, **kwargs):
        return None

    @action(["post"], detail=False)
    def set_password(self, request, *args, **kwargs):
        return None

    @action(["post"], detail=False)
    def reset_password(self, request, *args, **kwargs):
        return None

    @action(["post"], detail=False)
    def reset_password_confirm(self, request, *args, **kwargs):
        return None

    @action(["post"], detail=False, url_path="set_" + username_field())
    def set_username(self, request, *args, **kwargs):
        return None

    @action(["post"], detail=False, url_path="reset_" + username_field())
    def reset_username(self, request, *args, **kwargs):
        return None

    @action(["post"], detail=False, url_path="reset_" + username_field() + "_confirm")
    def reset_username_confirm(self, request, *args, **kwargs):
        return None
