"""Django REST framework: who is calling; None where nothing was brought that tells it."""

from rest_framework.exceptions import AuthenticationFailed


def get_authorization_header(request):
    return request.META.get("HTTP_AUTHORIZATION", b"")


class BaseAuthentication:
    def authenticate(self, request):
        return None

    def authenticate_header(self, request):
        return None


class BasicAuthentication(BaseAuthentication):
    def authenticate(self, request):
        header = request.META.get("HTTP_AUTHORIZATION")
        if not header:
            return None
        return self.authenticate_credentials(header, header, request)

    def authenticate_credentials(self, userid, password, request=None):
        if not userid:
            raise AuthenticationFailed()
        return (userid, None)


class SessionAuthentication(BaseAuthentication):
    def authenticate(self, request):
        if not request.user.is_authenticated:
            return None
        self.enforce_csrf(request)
        return (request.user, None)

    def enforce_csrf(self, request):
        pass


class TokenAuthentication(BaseAuthentication):
    keyword = "Token"
    model = None

    def get_model(self):
        return self.model

    def authenticate(self, request):
        header = request.META.get("HTTP_AUTHORIZATION")
        if not header:
            return None
        return self.authenticate_credentials(header)

    def authenticate_credentials(self, key):
        if not key:
            raise AuthenticationFailed()
        return (key, key)


class RemoteUserAuthentication(BaseAuthentication):
    header = "REMOTE_USER"

    def authenticate(self, request):
        user = request.META.get("REMOTE_USER")
        return (user, None) if user else None
