"""django-ninja: what looks for a credential, and gives who it belongs to."""

from django.conf import settings


class _Key:
    param_name = "key"

    def authenticate(self, request, key):
        raise NotImplementedError


class APIKeyHeader(_Key):
    def __call__(self, request):
        return self.authenticate(request, request.headers.get(self.param_name))


class APIKeyQuery(_Key):
    def __call__(self, request):
        return self.authenticate(request, request.GET.get(self.param_name))


class APIKeyCookie(_Key):
    def __call__(self, request):
        return self.authenticate(request, request.COOKIES.get(self.param_name))


class HttpBearer:
    header = "Authorization"

    def __call__(self, request):
        token = request.headers.get("Authorization")
        if not token:
            return None
        return self.authenticate(request, token)

    def authenticate(self, request, token):
        raise NotImplementedError


class HttpBasicAuth:
    def __call__(self, request):
        header = request.headers.get("Authorization")
        if not header:
            return None
        return self.authenticate(request, header, header)

    def authenticate(self, request, username, password):
        raise NotImplementedError


class SessionAuth(APIKeyCookie):
    def __call__(self, request):
        return self.authenticate(request, None)

    def authenticate(self, request, key):
        return request.user if request.user.is_authenticated else None


class SessionAuthSuperUser(SessionAuth):
    def authenticate(self, request, key):
        return request.user if getattr(request.user, "is_superuser", None) else None


class SessionAuthIsStaff(SessionAuth):
    def authenticate(self, request, key):
        return request.user if getattr(request.user, "is_staff", None) else None


django_auth = SessionAuth()
django_auth_superuser = SessionAuthSuperUser()
django_auth_is_staff = SessionAuthIsStaff()
