"""Pyramid: who is calling. Whoever brings nothing is nobody."""

from pyramid.security import Authenticated, Everyone


class CallbackAuthenticationPolicy:
    callback = None

    def authenticated_userid(self, request):
        return request.remote_user

    def unauthenticated_userid(self, request):
        return request.remote_user

    def effective_principals(self, request):
        userid = self.authenticated_userid(request)
        if userid is None:
            return [Everyone]
        return [Everyone, Authenticated, userid]

    def remember(self, request, userid, **kw):
        return []

    def forget(self, request):
        return []


class AuthTktAuthenticationPolicy(CallbackAuthenticationPolicy):
    def __init__(self, *args, **kwargs):
        self.callback = kwargs.get("callback")


class SessionAuthenticationPolicy(AuthTktAuthenticationPolicy):
    pass


class RemoteUserAuthenticationPolicy(AuthTktAuthenticationPolicy):
    pass


class BasicAuthAuthenticationPolicy(AuthTktAuthenticationPolicy):
    pass


class RepozeWho1AuthenticationPolicy(AuthTktAuthenticationPolicy):
    pass


class AuthTktCookieHelper:
    def __init__(self, *args, **kwargs):
        self.args = args

    def identify(self, request):
        return request.remote_user

    def remember(self, request, userid, **kw):
        return []

    def forget(self, request):
        return []


class SessionAuthenticationHelper:
    def __init__(self, prefix=""):
        self.prefix = prefix

    def authenticated_userid(self, request):
        return request.remote_user

    def remember(self, request, userid, **kw):
        return []

    def forget(self, request):
        return []


def extract_http_basic_credentials(request):
    return request.remote_user
