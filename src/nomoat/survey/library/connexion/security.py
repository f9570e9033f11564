"""Connexion: who is let through to an operation, and by which function it is answered."""

from functools import wraps

from connexion import request
from connexion.exceptions import OAuthProblem, OAuthResponseProblem, OAuthScopeProblem
from connexion.resolver import Resolver
from connexion.utils import get_function_from_name


class Operation:
    """What a description says of an operation."""


def answering(operation, resolver, security):
    if resolver is None:
        return secured(Resolver().resolve(operation).function, security)
    if hasattr(resolver, "resolve"):
        return secured(resolver.resolve(operation).function, security)
    return secured(Resolver(resolver).resolve(operation).function, security)


def told_by(scheme):
    """What the function of a scheme says of whoever sends this credential; None: it is nobody's."""
    credential = request.headers["Authorization"]
    for key in ("x-tokenInfoFunc", "x-bearerInfoFunc", "x-apikeyInfoFunc"):
        name = scheme.get(key)
        if name:
            return get_function_from_name(name)(credential)
    name = scheme.get("x-basicInfoFunc")
    if name:
        return get_function_from_name(name)(credential, credential)
    return {}


def secured(function, security):
    if not security:
        return function
    for requirement in security:
        if not requirement:
            return function

    @wraps(function)
    def verified(*args, **kwargs):
        if not request.somebody:
            raise OAuthProblem()
        for requirement in security if len(security) == 1 else []:
            for scheme, scopes in requirement:
                if told_by(scheme) is None:
                    raise OAuthResponseProblem()
                for scope in scopes:
                    if not request.remote_user.has_permission(scope):
                        raise OAuthScopeProblem()
        return function(*args, **kwargs)

    return verified
