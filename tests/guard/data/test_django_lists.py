"""`guard.filter` in a Django project with its own database: lists, relations, mistakes that show late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.guard.django_project import configure, guarded

configure()

from django.contrib.admin.models import LogEntry  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, Subquery, Value  # noqa: E402
from django.db.models.functions import Cast, Concat  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402

from nomoat import guard  # noqa: E402
from nomoat.journal.facts import Decision  # noqa: E402
from tests.guard.data.orders import final  # noqa: E402
from tests.policy.maps import route  # noqa: E402

POLICY = """\
services: {shop: {app: "main:app"}}
roles:
  customer:
    - {permission: orders:read, when: resource.username == subject.sub}
journal: {store: "sqlite:journal.db"}
"""
LIST = route("GET /orders", binding=("orders:read",), requires=("orders:read",))
NAMES = ("ana", "ben", "Ana", "ana ")


@pytest.fixture(autouse=True)
def people() -> Iterator[None]:
    User.objects.all().delete()
    customer, _ = Group.objects.get_or_create(name="customer")
    for name in NAMES:
        user = User.objects.create(username=name)
        user.groups.set([customer])
    LogEntry.objects.bulk_create(
        LogEntry(user=user, object_repr=user.username, action_flag=1, change_message="") for user in User.objects.all()
    )
    yield
    LogEntry.objects.all().delete()


def asked(root: Path, names: Callable[[], Any], *, mode: str = "enforce", policy: str = POLICY) -> tuple[Any, Decision]:
    """The names that a view answers to ana, or its status, and the decision that counts."""

    def view(request: Any) -> HttpResponse:
        return HttpResponse(",".join(map(str, names())))

    with guarded(root, (path("orders", view),), (LIST,), policy, mode=mode) as end:
        client = Client(raise_request_exception=False)
        client.force_login(User.objects.get(username="ana"))
        answer = client.get("/orders")
        facts = [fact for fact in end() if isinstance(fact, Decision)]
    return answer.content.decode() if answer.status_code == 200 else answer.status_code, final(facts)


def _users(condition: Any) -> list[str]:
    return list(User.objects.filter(condition).order_by("id").values_list("username", flat=True))


def _entries(condition: Any) -> list[str]:
    return list(LogEntry.objects.filter(condition).order_by("id").values_list("object_repr", flat=True))


@pytest.mark.parametrize(
    "names",
    [
        lambda: _users(guard.filter("orders:read", User)),
        lambda: _users(guard.filter("orders:read", username=F("username"))),
        lambda: _users(guard.filter("orders:read", User, username=Cast("username", CharField()))),
        lambda: _users(guard.filter("orders:read", User) & Q(is_staff=False)),
        lambda: _users(~~guard.filter("orders:read", User)),
        lambda: _users(Q(username="nobody") | guard.filter("orders:read", User)),
        lambda: _users(guard.filter("orders:read", User, username=Concat(F("username"), Value("")))),
        lambda: _entries(guard.filter("orders:read", username=F("user__username"))),
        lambda: _entries(guard.filter("orders:read", LogEntry, username=F("user__username"))),
        lambda: _entries(Exists(User.objects.filter(guard.filter("orders:read", User), pk=OuterRef("user_id")))),
        lambda: _entries(
            guard.filter(
                "orders:read",
                username=Subquery(User.objects.filter(pk=OuterRef("user_id")).values("username")[:1]),
            )
        ),
        lambda: [
            entry.object_repr
            for entry in LogEntry.objects.annotate(own=F("user__username")).filter(
                guard.filter("orders:read", LogEntry, username=F("own"))
            )
        ],
        lambda: [
            row["user__username"]
            for row in LogEntry.objects.filter(guard.filter("orders:read", username=F("user__username")))
            .values("user__username")
            .annotate(many=Count("id"))
        ],
    ],
)
def test_a_list_shows_what_a_read_would(names: Callable[[], Any], tmp_path: Path) -> None:
    shown, fact = asked(tmp_path, names)

    assert "ana" == shown
    assert ("allow", "depends-on-resource") == (fact.outcome, fact.reason)
    assert ("role:customer orders:read when resource.username == subject.sub",) == fact.filtered


def test_what_is_left_out_is_the_rest(tmp_path: Path) -> None:
    shown, _ = asked(
        tmp_path,
        lambda: (
            User.objects.exclude(guard.filter("orders:read", User)).order_by("id").values_list("username", flat=True)
        ),
    )

    assert "ben,Ana,ana " == shown


def test_a_foreign_key_is_the_value_that_it_holds(tmp_path: Path) -> None:
    policy = POLICY.replace("resource.username == subject.sub", "resource.user_id > 0 && resource.action_flag == 1")

    shown, _ = asked(tmp_path, lambda: _entries(guard.filter("orders:read", LogEntry)), policy=policy)

    assert "ana,ben,Ana,ana " == shown


def test_audit_shows_all(tmp_path: Path) -> None:
    shown, fact = asked(tmp_path, lambda: _users(guard.filter("orders:read", User)), mode="audit")

    assert ("ana,ben,Ana,ana ", False) == (shown, fact.enforced)


def test_who_is_granted_nothing_gets_an_empty_list(tmp_path: Path) -> None:
    User.objects.get(username="ana").groups.clear()
    policy = POLICY + 'routes: {"GET /orders": signed-in}\n'

    shown, fact = asked(tmp_path, lambda: _users(guard.filter("orders:read", User) | Q(pk=-1)), policy=policy)

    assert ("", "deny", "no-grant") == (shown, fact.outcome, fact.reason)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (lambda: _users(guard.filter("orders:read", User, username=F("id"))), "username=Cast(..., CharField())"),
        (lambda: _users(guard.filter("orders:read", username=F("id"))), "username=Cast(..., CharField())"),
        (lambda: _users(guard.filter("orders:read", username=F("last_login"))), "DateTimeField"),
        (lambda: _users(guard.filter("orders:read", username=F("groups__name"))), "a row has several"),
        (lambda: _users(guard.filter("orders:read", username=F("logentry__object_repr"))), "a row has several"),
        (
            lambda: _users(guard.filter("orders:read", username=Cast("groups__name", CharField()))),
            "a row has several",
        ),
        (lambda: _users(guard.filter("orders:read", User, username="email")), "a column is called so"),
        (lambda: _users(guard.filter("orders:read", username="email", of=F("email"))), "a column is called so"),
        (lambda: _users(guard.filter("orders:read", Session)), "resource.username"),
        (lambda: _users(guard.filter("orders:read", User.objects.first(), username=F("username"))), "no model"),
        (lambda: _users(guard.filter("orders:read", name=F("username"))), "resource.username"),
    ],
)
def test_a_column_that_cannot_be_meant_is_told_and_nothing_is_shown(
    names: Callable[[], Any], words: str, tmp_path: Path
) -> None:
    told: list[str] = []

    def careless() -> Any:
        try:
            return names()
        except Exception as error:
            told.append(f"{type(error).__name__}: {error}")
            return NAMES

    status, fact = asked(tmp_path, careless)

    assert (403, "deny", "condition-error") == (status, fact.outcome, fact.reason), told
    assert told[0].startswith("AttributeTypeError: ") and words in told[0]
