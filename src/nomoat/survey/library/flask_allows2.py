"""Flask-Allows2: requirements that whoever is signed in meets, or is refused."""

from functools import wraps

from flask import abort, request
from flask_login import current_user


class Requirement:
    def fulfill(self, user):
        raise NotImplementedError

    def __call__(self, user):
        return self.fulfill(user)


class ConditionalRequirement(Requirement):
    def __init__(self, *requirements, **options):
        self.requirements = requirements
        self.op = options.get("op")

    @classmethod
    def And(cls, *requirements):
        return All(*requirements)

    @classmethod
    def Or(cls, *requirements):
        return Any(*requirements)

    @classmethod
    def Not(cls, *requirements):
        return Not(*requirements)


class All(ConditionalRequirement):
    def fulfill(self, user):
        return all(met(one, user) for one in self.requirements)


class Any(ConditionalRequirement):
    def fulfill(self, user):
        return any(met(one, user) for one in self.requirements)


class Not(ConditionalRequirement):
    def fulfill(self, user):
        return not any(met(one, user) for one in self.requirements)


And, Or, C = All, Any, ConditionalRequirement


def met(requirement, user):
    if isinstance(requirement, type):
        requirement = requirement()
    return requirement(user)


def requires(*requirements, **options):
    def wrapper(f):
        @wraps(f)
        def allower(*args, **kwargs):
            for one in requirements:
                if not met(one, current_user):
                    abort(403)
            return f(*args, **kwargs)

        return allower

    return wrapper


class Permission:
    def __init__(self, *requirements, **options):
        self.requirements = requirements

    def __bool__(self):
        return all(met(one, current_user) for one in self.requirements)

    def __enter__(self):
        for one in self.requirements:
            if not met(one, current_user):
                abort(403)

    def __exit__(self, *args):
        return False


class Allows:
    def init_app(self, app):
        return None

    def identity_loader(self, f):
        return f

    def fulfill(self, requirements, identity=None):
        return all(met(one, current_user) for one in requirements)

    def requires(self, *requirements, **options):
        return requires(*requirements)
