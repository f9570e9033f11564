"""Whose a setting is: of an application, of a module or class of settings, of none; and whether another replaces it.

A name in capital letters is a setting only where a framework reads it: `DEBUG = True` of any module is no fault.
"""

from __future__ import annotations

import re

from nomoat.check.evaluated import evaluate
from nomoat.check.sites import Site
from nomoat.survey.python import form
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

#: Names that only a module of Django's settings binds; two of them make one.
_OF_DJANGO = frozenset(
    ("INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "MIDDLEWARE_CLASSES", "WSGI_APPLICATION", "ASGI_APPLICATION",
     "TEMPLATES", "DATABASES", "AUTH_PASSWORD_VALIDATORS", "STATIC_URL", "DEFAULT_AUTO_FIELD")
)  # fmt: skip
_MODULE = re.compile(r"(^|[/_.-])(settings?|configs?|configuration|conf|defaults?)([/_.-]|$)", re.I)
_CLASS = re.compile(r"(config|configuration|settings)$|^(config|settings)", re.I)
#: Classes of a file of settings that hold those of one stage: `class Production(Base)`.
_STAGE = re.compile(
    r"(base|default|common|prod(uction)?|live|staging|stage|deploy(ment)?|develop(ment)?|dev|test(ing)?)\Z", re.I
)
#: Classes whose fields the environment may set.
_READ = frozenset(
    ("pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.v1.BaseSettings",
     "pydantic_settings.main.BaseSettings")
)  # fmt: skip
_OF_FLASK = (b"import flask", b"from flask", b"import quart", b"from quart", b"Flask(")


#: `from base import *`: what a module has that takes all of another.
_TAKES_ALL = re.compile(rb"\bimport\b[\s(\\]*\*")


class SettingsOf:
    """Answers for one program, remembering what it found out of each module."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._django: dict[str, bool] = {}
        self._has_flask: bool | None = None

    def are_of(self, scope: Scope, site: Site) -> bool:
        """Whether the site is a setting of the framework that its pattern means."""
        wanted = site.pattern.framework
        if site.place == "app":
            is_django = self._is_django_object(scope, site)
            return not wanted or is_django == (wanted == "django")
        if site.name.upper() != site.name and site.place == "module":
            return False
        is_django = site.place == "module" and self.is_django(scope)
        if wanted == "django":
            return is_django
        return (not is_django or not wanted) and self._is_configuration(scope, site, wanted)

    def _is_django_object(self, scope: Scope, site: Site) -> bool:
        """`settings.configure(DEBUG=True)`, `settings.DEBUG = True` with `django.conf.settings`."""
        binding = scope.module.source
        return b"django" in binding and b"flask" not in binding

    def _is_configuration(self, scope: Scope, site: Site, wanted: str) -> bool:
        if wanted == "flask" and not self._uses_flask():
            return False
        if site.place == "class":
            is_stage = _STAGE.match(scope.name) and _MODULE.search(scope.module.path.removesuffix(".py"))
            return bool(_CLASS.search(scope.name) or is_stage)
        return bool(_MODULE.search(scope.module.path.removesuffix(".py"))) or not wanted

    def _uses_flask(self) -> bool:
        if self._has_flask is None:
            modules = self._program.holding(("flask", "quart", "Flask"))
            self._has_flask = any(name in module.source for module in modules for name in _OF_FLASK)
        return self._has_flask

    def is_django(self, scope: Scope) -> bool:
        """Whether a module holds settings of Django, itself or through a module that it takes everything from."""
        path = scope.module.path
        known = self._django.get(path)
        if known is None:
            # A circle of star imports ends here.
            self._django[path] = False
            taken = (self._program.imported_module(scope.module, one) for one in scope.star_imports)
            known = len(_OF_DJANGO & scope.bindings.keys()) > 1 or any(
                self.is_django(one) for one in taken if one is not None
            )
            self._django[path] = known
        return known

    def may_be_set(self, scope: Scope, site: Site) -> bool:
        """Whether the environment may set it, so that source has the default alone: a field of pydantic's settings."""
        return site.place == "class" and self._program.resolver.classes.is_a(scope, _READ)

    def is_overridden(self, scope: Scope, site: Site) -> bool:
        """Whether the same name gets another value later in the module, or in settings that take all from it."""
        if site.place != "module":
            return False
        later = [one for one in scope.bindings.get(site.name, ()) if one.node[1] > site.node[1]]
        if any(one.value is None or self._differs(scope, site, one.value) for one in later):
            return True
        return self.is_django(scope) and any(
            site.name in other.bindings and self._differs(other, site, None)
            for other in map(self._program.scope, self._program.words.matching(_TAKES_ALL))
            if other is not scope
            and any(self._program.imported_module(other.module, one) is scope for one in other.star_imports)
        )

    def _differs(self, scope: Scope, site: Site, value: form.Node | None) -> bool:
        if value is None:
            value = scope.bindings[site.name][-1].value
        known = evaluate(self._program, scope, value) if value is not None else None
        before = evaluate(self._program, scope, site.subject)
        return known is None or before is None or known.value != before.value
