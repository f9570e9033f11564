"""pyramid_multiauth: policies that settings name, asked one after another. Whoever brings nothing is nobody to any."""

from pyramid.authentication import CallbackAuthenticationPolicy
from pyramid.security import Authenticated, Everyone


class MultiAuthPolicySelected:
    def __init__(self, policy, request, userid=None):
        self.policy = policy
        self.request = request
        self.userid = userid


class MultiAuthenticationPolicy(CallbackAuthenticationPolicy):
    def __init__(self, policies, callback=None):
        self.policies = policies
        self.callback = callback

    def unauthenticated_userid(self, request):
        for policy in self.policies:
            userid = policy.unauthenticated_userid(request)
            if userid is not None:
                return userid
        return request.remote_user

    def authenticated_userid(self, request):
        for policy in self.policies:
            userid = policy.authenticated_userid(request)
            if userid is not None:
                return userid
        return request.remote_user

    def effective_principals(self, request):
        principals = [Everyone]
        for policy in self.policies:
            principals.extend(policy.effective_principals(request))
        userid = self.authenticated_userid(request)
        if userid is not None:
            principals.extend([Authenticated, userid])
        return principals


class MultiAuthSecurityPolicy(MultiAuthenticationPolicy):
    def __init__(self, policies, callback=None, authorization=None):
        self.policies = policies
        self.callback = callback
        self.authorization = authorization

    def identity(self, request):
        return request.remote_user

    def permits(self, request, context, permission):
        return self.authorization.permits(context, self.effective_principals(request), permission)


def includeme(config):
    settings = config.get_settings()
    name = settings.get("multiauth.authorization_policy", "pyramid.authorization.ACLAuthorizationPolicy")
    config.set_authorization_policy(config.maybe_dotted(name)())
    policies = []
    for name in settings.get("multiauth.policies", "").split():
        used = config.maybe_dotted(settings.get("multiauth.policy." + name + ".use"))
        policies.append(used())
    config.set_authentication_policy(MultiAuthenticationPolicy(policies))
