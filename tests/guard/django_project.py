"""A small Django project in this process: its settings, its views, and guard in front of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from nomoat.appmap import codec
from nomoat.appmap.model import Route
from nomoat.guard import on_django
from nomoat.journal.facts import Decision, Fact, Response
from nomoat.journal.journal import open_store
from tests.policy.maps import map_of

OUTER = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)
GUARD = "nomoat.guard.DjangoGuard"


def configure() -> None:
    """Django's settings and an empty database, once a process."""
    if settings.configured:
        return
    folder = tempfile.mkdtemp(prefix="nomoat-django-")
    settings.configure(
        SECRET_KEY="for tests only",
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/db.sqlite3"}},
        INSTALLED_APPS=[
            "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django.contrib.messages",
            "django.contrib.admin", "rest_framework",
        ],
        ROOT_URLCONF=(),
        MIDDLEWARE=[*OUTER, GUARD],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                    ]
                },
            }
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        LANGUAGES=[("en", "English"), ("de", "Deutsch")],
        LANGUAGE_CODE="en",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )  # fmt: skip
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, run_syncdb=True)


@contextmanager
def guarded(
    root: Path,
    patterns: tuple[Any, ...],
    routes: tuple[Route, ...],
    policy: str,
    *,
    mode: str = "enforce",
    middleware: tuple[str, ...] = (*OUTER, GUARD),
    **options: Any,
) -> Iterator[Callable[[], list[Fact]]]:
    """A project of these patterns behind guard; gives what ends guard and tells what the journal holds."""
    from django.test.utils import override_settings

    (root / "nomoat.yaml").write_text(policy)
    (root / ".nomoat").mkdir(exist_ok=True)
    (root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(*routes)))

    def facts() -> list[Fact]:
        for _, _, starting in on_django._made:
            starting.close()
        store = open_store(f"sqlite:{root}/journal.db")
        found = [entry.fact for entry in store.read(kinds=(Decision, Response)) if entry.fact is not None]
        store.close()
        return found

    given = {"mode": mode, "config": root / "nomoat.yaml", **options}
    with override_settings(ROOT_URLCONF=patterns, NOMOAT=given, MIDDLEWARE=list(middleware)):
        try:
            yield facts
        finally:
            for _, _, starting in on_django._made:
                starting.close()
            on_django._made.clear()
