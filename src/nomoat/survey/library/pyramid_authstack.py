"""pyramid_authstack: several ways to tell who is calling, asked one after another."""

from pyramid.authentication import CallbackAuthenticationPolicy
from pyramid.security import Authenticated, Everyone


class AuthenticationStackPolicy(CallbackAuthenticationPolicy):
    def __init__(self):
        self.policies = []

    def add_policy(self, name, policy):
        self.policies.append(policy)

    def unauthenticated_userid(self, request):
        for policy in self.policies:
            userid = policy.unauthenticated_userid(request)
            if userid is not None:
                return userid
        return None

    def authenticated_userid(self, request):
        for policy in self.policies:
            userid = policy.authenticated_userid(request)
            if userid is not None:
                return userid
        return None

    def effective_principals(self, request):
        userid = self.authenticated_userid(request)
        if userid is None:
            return [Everyone]
        return [Everyone, Authenticated, userid]
