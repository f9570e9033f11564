"""Tasks of Celery: signed for whoever publishes them, run as that caller, refused whatever a broker made of them."""

from __future__ import annotations

import functools
import itertools
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from joserfc import jws
from joserfc.jwk import OctKey

pytest.importorskip("celery")

from celery import chain, group, signals
from celery.exceptions import Retry
from celery.worker.request import Request

from nomoat import guard
from nomoat.errors import UsageError
from nomoat.guard import Identity
from nomoat.guard.asked import Denied
from nomoat.guard.identity import strict_json
from nomoat.guard.loading import Mode
from nomoat.guard.on_celery import HEADER
from nomoat.guard.testing import as_user
from nomoat.journal.facts import Block, Revocation, timestamp
from tests.guard.guarded import ANA
from tests.guard.tasks.queued import KEY, OTHER_KEY, POLICY, Message, Shop, shops

TRACE = "0af7651916cd43dd8448eb211c80319c"
MODES = pytest.mark.parametrize("mode", ["enforce", "audit"])


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    with shops(tmp_path) as made:
        yield made


@pytest.fixture
def shop(make: Callable[..., Shop]) -> Shop:
    return make()


def reason(found: Any) -> str:
    return found.reason if isinstance(found, Denied) else f"ran: {found}"


def test_a_task_runs_as_whoever_published_it(make: Any) -> None:
    who = Identity(
        "user:local/ana", ("customer",), "sha256:11", {"plan": "full", "email": "ana@example.test"}, "j1", 7.0
    )
    shop = make(who=who)
    message = shop.publish(lambda: shop.send.delay("ana"), headers=[("traceparent", f"00-{TRACE}-b7ad6b7169203331-01")])
    shop.who = None

    assert "'ana'" == message.deliver(shop.app)
    began, asked = shop.facts()
    assert ("task:shop/mail.send", "TASK", ("mail:send",), ("orders:read",)) == (
        began.target, began.method, began.permissions, asked.permissions,
    )  # fmt: skip
    for fact in (began, asked):
        assert ("user:local/ana", ("customer",), "sha256:11", TRACE, "192.0.2.1") == (
            fact.subject, fact.roles, fact.credential, fact.trace, fact.client,
        )  # fmt: skip
        assert {"request", "task"} == fact.also.keys()
    assert message.headers["id"] == began.also["task"]


def claims_of(message: Message) -> dict[str, Any]:
    body = message.headers[HEADER].split(".")[1]
    from base64 import urlsafe_b64decode

    return strict_json.parsed(urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def test_the_envelope_has_what_is_needed_and_no_more(make: Any) -> None:
    who = replace(ANA, claims={"plan": "full", "email": "ana@example.test"}, only=frozenset(("mail:send",)))
    shop = make(who=who)
    claims = claims_of(shop.publish(lambda: shop.send.delay("ana")))

    assert {"plan": "full"} == claims["who"]["claims"]
    assert ["mail:send"] == claims["who"]["only"]
    assert ("service:shop", "mail.send") == (claims["iss"], claims["aud"])
    assert 24 * 3600 == pytest.approx(claims["exp"] - claims["iat"])


def sealed(message: Message, key: str = KEY, header: Any = None, **claims: Any) -> str:
    header = {"alg": "HS256", "typ": "nomoat-task+jwt"} if header is None else header
    import json

    text = json.dumps({name: one for name, one in (claims_of(message) | claims).items() if one is not ...})
    return jws.serialize_compact(header, text.encode(), OctKey.import_key(key), algorithms=["HS256", "HS512"])


def _unsigned(message: Message) -> str:
    head = urlsafe_b64encode(b'{"alg":"none","typ":"nomoat-task+jwt"}').rstrip(b"=").decode()
    return f"{head}.{message.headers[HEADER].split('.')[1]}."


EVE = {"sub": "user:local/eve", "roles": [], "claims": {}, "credential": "", "jti": "", "issued_at": 0, "only": None}
#: What somebody who can write to the broker puts in the place of the envelope, with any key but ours or none.
FORGED: dict[str, Callable[[Message], Any]] = {
    "another key": lambda m: sealed(m, OTHER_KEY),
    "a key of zeros": lambda m: sealed(m, "\0" * 32),
    "alg none": _unsigned,
    "no signature": lambda m: m.headers[HEADER].rpartition(".")[0] + ".",
    "another signature": lambda m: m.headers[HEADER][:-4] + ("AAAA" if m.headers[HEADER][-4:] != "AAAA" else "BBBB"),
    "two parts": lambda m: m.headers[HEADER].rpartition(".")[0],
    "five parts": lambda m: m.headers[HEADER] + ".a.b",
    "another caller": lambda m: ".".join(
        [m.headers[HEADER].split(".")[0], sealed(m, OTHER_KEY, who=EVE).split(".")[1], m.headers[HEADER].split(".")[2]]
    ),
    "oversized": lambda m: sealed(m, trace="x" * 20_000),
    "a number": lambda _: 7,
    "a list": lambda m: [m.headers[HEADER]],
    "an object": lambda m: {"who": EVE},
    "empty": lambda _: "",
    "padding": lambda m: m.headers[HEADER] + "=",
    "spaces": lambda m: " " + m.headers[HEADER],
    "no ascii": lambda _: "ä.ö.ü",
}
#: The same with our key: what our own service would never make is refused all the same.
MADE: dict[str, Callable[[Message], Any]] = {
    "HS512": lambda m: sealed(m, header={"alg": "HS512", "typ": "nomoat-task+jwt"}),
    "a token's type": lambda m: sealed(m, header={"alg": "HS256", "typ": "JWT"}),
    "no type": lambda m: sealed(m, header={"alg": "HS256"}),
    "a key of its own": lambda m: sealed(m, header={"alg": "HS256", "typ": "nomoat-task+jwt", "kid": "x"}),
    "another version": lambda m: sealed(m, ver=2),
    "no version": lambda m: sealed(m, ver=...),
    "no end": lambda m: sealed(m, exp=...),
    "an end that is text": lambda m: sealed(m, exp="9999999999"),
    "nobody said": lambda m: sealed(m, who=...),
    "who is text": lambda m: sealed(m, who="user:local/ana"),
    "half a caller": lambda m: sealed(m, who={"sub": "user:local/ana"}),
    "roles are text": lambda m: sealed(m, who={**EVE, "roles": "customer"}),
    "only is text": lambda m: sealed(m, who={**EVE, "only": "mail:send"}),
    "a claim more": lambda m: sealed(m, admin=True),
    "over": lambda m: sealed(m, iat=time.time() - 90_000, exp=time.time() - 60),
    "of the future": lambda m: sealed(m, iat=time.time() + 60),
    "not yet": lambda m: sealed(m, nbf=time.time() + 60),
}


@pytest.mark.parametrize("forged", [*FORGED, *MADE])
def test_a_forged_envelope_runs_nothing(shop: Shop, forged: str, capsys: pytest.CaptureFixture[str]) -> None:
    message = shop.publish(lambda: shop.note.delay("x"))
    text = (FORGED | MADE)[forged](message)

    assert "bad-envelope" == reason(message.changed(nomoat=text).deliver(shop.app))
    assert [] == shop.ran
    (fact,) = shop.facts()
    assert ("anonymous", "deny", "bad-envelope", True) == (fact.subject, fact.outcome, fact.reason, fact.enforced)
    said = capsys.readouterr().err
    assert "note: the envelope of a task is refused" in said or "note: a token is refused" in said
    assert message.headers[HEADER].split(".")[2] not in said


def test_stripped_nobody_is_known(shop: Shop) -> None:
    message = shop.publish(lambda: shop.note.delay("x"))
    del message.headers[HEADER]

    assert ("unauthenticated", []) == (reason(message.deliver(shop.app)), shop.ran)
    (fact,) = shop.facts()
    assert ("anonymous", "unauthenticated", message.headers["id"]) == (fact.subject, fact.reason, fact.also["task"])


@pytest.mark.parametrize("kept", ["forged", "stripped"])
def test_in_audit_mode_it_runs_and_is_recorded(make: Any, kept: str) -> None:
    shop = make(mode="audit")
    message = shop.publish(lambda: shop.note.delay("x"))
    message.headers[HEADER] = None if kept == "stripped" else _unsigned(message)

    assert "ran: 'noted'" == reason(message.deliver(shop.app))
    (fact,) = shop.facts()
    assert ("deny", "unauthenticated" if kept == "stripped" else "bad-envelope", False) == (
        fact.outcome, fact.reason, fact.enforced,
    )  # fmt: skip


@pytest.mark.parametrize("kept", ["forged", "stripped"])
def test_what_it_goes_on_to_ask_hides_no_forgery(make: Any, kept: str) -> None:
    shop = make(mode="audit")
    message = shop.publish(lambda: shop.send.delay("ana"))
    message.headers[HEADER] = None if kept == "stripped" else _unsigned(message)
    message.deliver(shop.app)

    said = "unauthenticated" if kept == "stripped" else "bad-envelope"
    assert [(said, 0), (said, 1)] == [(fact.reason, fact.sequence) for fact in shop.facts()]


def _moved(shop: Shop, message: Message) -> Any:
    return message.changed(task="note").deliver(shop.app)


def _swapped(shop: Shop, message: Message) -> Any:
    other = shop.publish(lambda: shop.send.delay("ana", text="another"))
    return message.changed(nomoat=other.headers[HEADER]).deliver(shop.app)


def _renamed(shop: Shop, message: Message) -> Any:
    return message.changed(id="11111111-1111-1111-1111-111111111111").deliver(shop.app)


def _other_arguments(shop: Shop, message: Message) -> Any:
    message.args = ["ben"]
    return message.deliver(shop.app)


def _more_arguments(shop: Shop, message: Message) -> Any:
    message.kwargs["text"] = "more"
    return message.deliver(shop.app)


def _hidden_arguments(shop: Shop, message: Message) -> Any:
    # Celery merges what is embedded over the request: the true arguments stand there, others run.
    message.embedded |= {"args": message.args, "kwargs": message.kwargs}
    message.args = ["ben"]
    return message.deliver(shop.app)


def _two_ids(shop: Shop, message: Message) -> Any:
    message.embedded["id"] = "another"
    return message.deliver(shop.app)


def _called_back(shop: Shop, message: Message) -> Any:
    message.embedded["callbacks"] = [dict(shop.note.si("evil"))]
    return message.deliver(shop.app)


def _failing(shop: Shop, message: Message) -> Any:
    message.embedded["errbacks"] = [dict(shop.note.s("evil"))]
    return message.deliver(shop.app)


def _chained(shop: Shop, message: Message) -> Any:
    message.embedded["chain"] = [dict(shop.note.si("evil"))]
    return message.deliver(shop.app)


def _in_chorus(shop: Shop, message: Message) -> Any:
    message.embedded["chord"] = dict(shop.note.si("evil"))
    return message.changed(group="g1").deliver(shop.app)


@pytest.mark.parametrize(
    "attack",
    [
        _moved, _swapped, _renamed, _other_arguments, _more_arguments, _hidden_arguments, _two_ids, _called_back,
        _failing, _chained, _in_chorus,
    ],
)  # fmt: skip
def test_what_was_signed_for_one_message_is_good_for_no_other(shop: Shop, attack: Any) -> None:
    message = shop.publish(lambda: shop.send.delay("ana"))

    assert "bad-envelope" == reason(attack(shop, message))
    # Nothing ran: neither the task, nor what the message would have made of its failure.
    assert ([], []) == (shop.ran, shop.messages())


def test_an_errback_of_a_forged_message_is_not_even_called(shop: Shop) -> None:
    called: list[Any] = []

    @shop.task(name="on.error")
    def on_error(request: Any, error: Any, trace: Any) -> None:
        called.append(error)

    message = shop.publish(lambda: shop.send.apply_async(("ben",), link_error=on_error.s()))
    forged = message.changed(nomoat=_unsigned(message))
    assert "bad-envelope" == reason(forged.deliver(shop.app))
    assert [] == called

    # That of a true one is: its publisher said so.
    assert "condition-false" == reason(message.deliver(shop.app))
    assert ["condition-false"] == [error.reason for error in called]


def test_what_a_forged_message_says_reaches_no_handler_of_failures(shop: Shop) -> None:
    import celery

    told: list[Any] = []

    class Telling(celery.Task):  # type: ignore[misc]
        def on_failure(self, error: Any, task_id: str, args: Any, kwargs: Any, trace: Any) -> None:
            told.append((args, kwargs))

    @shop.task(name="telling", base=Telling)
    @guard.requires("nobody:may")
    def telling(text: str, more: str = "") -> None:
        raise AssertionError

    message = shop.publish(lambda: telling.delay("x", more="y"))
    for one in (message.changed(nomoat=None), message):
        assert isinstance(one.deliver(shop.app), Denied)

    assert [((), {}), (["x"], {"more": "y"})] == told


def test_a_worker_that_loses_a_forged_message_follows_nothing_in_it(shop: Shop) -> None:
    message = shop.publish(lambda: shop.send.apply_async(("ana",), link_error=shop.note.s("x")))

    def context(of: Message) -> Any:
        class Delivered:
            headers = {**of.headers}
            properties = {"reply_to": "", "correlation_id": of.headers["id"]}
            delivery_info: dict[str, Any] = {}
            payload = (of.args, of.kwargs, of.embedded)
            body, content_type, content_encoding = b"", "application/json", "utf-8"

        return Request(Delivered(), app=shop.app, task=shop.send, decoded=False)._context

    assert context(message).errbacks
    assert not context(message.changed(nomoat=_unsigned(message))).errbacks


@pytest.mark.parametrize("late", [False, True])
def test_a_message_is_good_until_its_end(shop: Shop, late: bool) -> None:
    message = shop.publish(lambda: shop.note.delay("x"))
    again = sealed(message, exp=time.time() + (-31 if late else -29))

    # Clocks may be 30 s apart.
    assert ("bad-envelope" if late else "ran: 'noted'") == reason(message.changed(nomoat=again).deliver(shop.app))


@pytest.mark.parametrize("how", ["countdown", "eta"])
def test_one_that_waits_is_good_from_then_on_and_not_before(shop: Shop, how: str) -> None:
    options: dict[str, Any] = {how: 3600 if how == "countdown" else datetime.now(UTC) + timedelta(hours=1)}
    message = shop.publish(lambda: shop.note.apply_async(("x",), **options))
    claims = claims_of(message)

    assert 25 * 3600 == pytest.approx(claims["exp"] - claims["iat"], abs=60)
    assert 3600 == pytest.approx(claims["nbf"] - claims["iat"], abs=60)
    assert "bad-envelope" == reason(message.changed(eta=None).deliver(shop.app))


def test_the_messages_own_end_is_signed_with_it(shop: Shop) -> None:
    claims = claims_of(shop.publish(lambda: shop.note.apply_async(("x",), expires=60)))

    assert 60 == pytest.approx(claims["exp"] - claims["iat"], abs=5)


def test_keys_are_rotated(make: Any, tmp_path: Path) -> None:
    policy = POLICY.replace('key: "file:task.key"', 'key: ["file:new.key", "file:task.key"]')
    shop = make()
    old = shop.publish(lambda: shop.note.delay("old"))
    (shop.root / "new.key").write_text(OTHER_KEY)
    for runtime in (shop.runtime, shop.served.runtime):
        (shop.root / "nomoat.yaml").write_text(policy)
        runtime.reload()
    new = shop.publish(lambda: shop.note.delay("new"))

    assert ["ran: 'noted'"] * 2 == [reason(one.deliver(shop.app)) for one in (old, new)]
    # The first one signs.
    (shop.root / "nomoat.yaml").write_text(policy.replace(', "file:task.key"', ""))
    shop.runtime.reload()
    assert ["bad-envelope", "ran: 'noted'"] == [reason(one.deliver(shop.app)) for one in (old, new)]


@MODES
def test_whoever_is_blocked_in_between_is_refused_in_both_modes(make: Any, mode: Mode) -> None:
    shop = make(mode=mode)
    message = shop.publish(lambda: shop.send.delay("ana"))
    until = timestamp(datetime.now(UTC) + timedelta(hours=1))
    shop.append(Block(block="b", what="subject", value=ANA.subject, until=until, because="x", by="y"))

    assert ("blocked", []) == (reason(message.deliver(shop.app)), shop.ran)


@pytest.mark.parametrize(
    "revoked",
    [
        Revocation(what="credential", value="sha256:11", because="x", by="y"),
        Revocation(what="jti", value="j1", because="x", by="y"),
        Revocation(what="subject", value=ANA.subject, issued_before="2020-01-01T00:00:00.000000Z", because="x", by="y"),
    ],
    ids=lambda one: one.what,
)
def test_a_credential_that_is_revoked_in_between_runs_nothing(make: Any, revoked: Revocation) -> None:
    shop = make(who=replace(ANA, credential="sha256:11", jti="j1", issued_at=1_500_000_000))
    message = shop.publish(lambda: shop.send.delay("ana"))
    shop.append(revoked)

    assert ("revoked", []) == (reason(message.deliver(shop.app)), shop.ran)


def test_the_policy_that_is_in_force_decides(shop: Shop) -> None:
    message = shop.publish(lambda: shop.send.delay("ana"))
    (shop.root / "nomoat.yaml").write_text(POLICY.replace("    - {permission: mail:send}\n", ""))
    shop.runtime.reload()

    assert ("no-grant", []) == (reason(message.deliver(shop.app)), shop.ran)


@pytest.mark.parametrize(
    ("plan", "said"), [("full", "ran: 'all'"), ("small", "condition-false"), (None, "condition-error")]
)
def test_conditions_read_the_callers_claims(make: Any, plan: str | None, said: str) -> None:
    shop = make(who=replace(ANA, claims={} if plan is None else {"plan": plan}))

    @shop.task(name="export")
    @guard.requires("export:read")
    def export() -> str:
        return "all"

    assert said == reason(shop.publish(lambda: export.delay()).deliver(shop.app))


def test_a_credential_stays_limited(make: Any) -> None:
    shop = make(who=replace(ANA, only=frozenset(("mail:send",))))

    assert "out-of-scope" == reason(shop.publish(lambda: shop.send.delay("ana")).deliver(shop.app))


def test_whatever_json_brings_is_the_same_on_both_sides(shop: Shop) -> None:
    odd = [
        (1, 2), {1: "one"}, {"b": 1, "a": {"z": 0, "y": None}}, 1.0, 1e300, "é\u2028", datetime.now(UTC),
        date(2026, 1, 1), Decimal("1.10"), UUID(int=7), b"bytes", b"\xff\x00", True, [[], {}], 2**70,
        {"__type__": "x"}, float("nan"),
    ]  # fmt: skip
    for one in odd:
        message = shop.publish(functools.partial(shop.note.delay, one, kept=one))
        assert "ran: 'noted'" == reason(message.deliver(shop.app)), one


def test_the_order_of_names_is_no_part_of_it(shop: Shop) -> None:
    message = shop.publish(lambda: shop.note.delay(a=1, b={"x": 1, "y": 2}))
    message.kwargs = {"b": {"y": 2, "x": 1}, "a": 1}

    assert "ran: 'noted'" == reason(message.deliver(shop.app))


def test_what_is_no_json_is_not_published(shop: Shop) -> None:
    found: list[Any] = []

    def publish() -> None:
        with pytest.raises(UsageError, match="not published") as refused:
            shop.note.delay(object())
        found.append(refused.value)

    shop.within(publish)
    assert (1, []) == (len(found), shop.messages())


def test_pickle_is_not_accepted(shop: Shop) -> None:
    message = shop.publish(lambda: shop.note.delay("x"))
    shop.app.conf.accept_content = ["json", "pickle"]

    assert "bad-envelope" == reason(message.deliver(shop.app))


def test_the_old_protocol_is_not_published(shop: Shop) -> None:
    shop.app.conf.task_protocol = 1

    def publish() -> None:
        with pytest.raises(UsageError, match="task_protocol 2"):
            shop.note.delay("x")

    shop.within(publish)


# -- who publishes ---------------------------------------------------------------------------------------------------


def test_by_name_alone(shop: Shop) -> None:
    message = shop.publish(lambda: shop.app.send_task("mail.send", args=["ana"]))

    assert "ran: 'ana'" == reason(message.deliver(shop.app))


def test_outside_of_a_request_it_is_for_nobody(shop: Shop) -> None:
    shop.note.delay("x")
    (message,) = shop.messages()

    assert claims_of(message)["who"] is None
    assert "unauthenticated" == reason(message.deliver(shop.app))


def test_the_service_itself_where_the_code_says_so(shop: Shop) -> None:
    with guard.as_service():
        shop.send.delay("ana")
    (message,) = shop.messages()

    assert "ran: 'ana'" == reason(message.deliver(shop.app))
    assert {"service:shop"} == {fact.subject for fact in shop.facts()}


def test_the_beat_is_the_service(shop: Shop) -> None:
    import contextvars

    def beat() -> None:
        signals.beat_init.send(sender=None)
        shop.note.delay("x")

    contextvars.copy_context().run(beat)
    (message,) = shop.messages()
    shop.note.delay("y")
    (after,) = shop.messages()

    assert "service:shop" == claims_of(message)["who"]["sub"]
    assert claims_of(after)["who"] is None


def test_what_a_caller_hands_in_as_header_is_no_envelope(shop: Shop) -> None:
    stolen = shop.publish(lambda: shop.note.delay("x")).headers[HEADER]
    message = shop.publish(lambda: shop.note.apply_async(("y",), headers={HEADER: stolen, "mine": 1}))

    assert stolen != message.headers[HEADER]
    assert 1 == message.headers["mine"]
    assert "ran: 'noted'" == reason(message.deliver(shop.app))


# -- what a task publishes -------------------------------------------------------------------------------------------


def _drain(shop: Shop, *, most: int = 30) -> list[str]:
    """Delivers until the broker is empty, as the caller of no request."""
    said: list[str] = []
    for _ in range(most):
        messages = shop.messages()
        if not messages:
            return said
        said += [f"{one.headers['task']}: {reason(one.deliver(shop.app))}" for one in messages]
    raise AssertionError("it never ends")


def test_a_task_publishes_as_its_caller(shop: Shop) -> None:
    @shop.task(name="outer")
    def outer() -> None:
        shop.send.delay("ana")

    shop.within(lambda: outer.delay())

    assert ["outer: ran: None", "mail.send: ran: 'ana'"] == _drain(shop)
    assert {"user:local/ana"} == {fact.subject for fact in shop.facts()}


@pytest.mark.parametrize("bind", [True, False])
def test_a_retry_keeps_its_caller(shop: Shop, bind: bool) -> None:
    tries = itertools.count()

    if bind:

        @shop.task(name="again", bind=True, max_retries=3)
        @guard.requires("mail:send")
        def again(self: Any) -> str:
            guard.require("orders:read", owner="ana")
            if next(tries) < 2:
                raise self.retry(countdown=0)
            return "done"

    else:

        @shop.task(name="again", autoretry_for=(LookupError,), retry_backoff=False, default_retry_delay=0)
        @guard.requires("mail:send")
        def again() -> str:
            guard.require("orders:read", owner="ana")
            if next(tries) < 2:
                raise LookupError
            return "done"

    shop.within(lambda: again.delay())
    said = _drain(shop)

    assert "again: ran: 'done'" == said[-1]
    assert 3 == len(said)
    assert isinstance(Retry(), Retry)
    assert [("user:local/ana", "allow")] * 6 == [(fact.subject, fact.outcome) for fact in shop.facts()]


def test_a_refusal_is_not_tried_again(shop: Shop) -> None:
    @shop.task(name="again", autoretry_for=(Exception,), default_retry_delay=0)
    @guard.requires("nobody:may")
    def again() -> None:
        raise AssertionError

    shop.within(lambda: again.delay())

    assert ["again: no-grant"] == _drain(shop)


def test_a_chain_goes_on_as_its_caller(shop: Shop) -> None:
    shop.within(lambda: chain(shop.send.si("ana"), shop.note.s("a"), shop.send.si("ana"))())

    assert ["mail.send: ran: 'ana'", "note: ran: 'noted'", "mail.send: ran: 'ana'"] == _drain(shop)


def test_a_link_that_may_not_stops_it(shop: Shop) -> None:
    shop.within(lambda: chain(shop.send.si("ben"), shop.note.si("never"))())

    assert ["mail.send: condition-false"] == _drain(shop)
    assert [] == shop.ran


def test_a_group_and_its_links(shop: Shop) -> None:
    shop.within(lambda: group(shop.send.si("ana"), shop.send.si("ben"), shop.note.si("x")).apply_async())

    assert ["mail.send: condition-false", "mail.send: ran: 'ana'", "note: ran: 'noted'"] == sorted(_drain(shop))


def test_a_link_and_its_callback(shop: Shop) -> None:
    shop.within(lambda: shop.note.apply_async(("x",), link=shop.send.si("ana")))

    assert ["note: ran: 'noted'", "mail.send: ran: 'ana'"] == _drain(shop)


def test_what_a_task_swallows_is_its_failure(shop: Shop) -> None:
    @shop.task(name="swallows")
    def swallows() -> str:
        try:
            guard.require("orders:read", owner="ben")
        except Denied:
            return "nothing happened"
        return "read"

    shop.within(lambda: chain(swallows.si(), shop.note.si("never"))())

    assert ["swallows: condition-false"] == _drain(shop)


def test_one_that_never_asks_fails(shop: Shop) -> None:
    @shop.task(name="forgetful")
    @guard.requires("orders:read")
    def forgetful() -> str:
        return "read"

    shop.within(lambda: forgetful.delay())

    assert ["forgetful: decision-missing"] == _drain(shop)


def test_a_task_class_of_its_own_is_guarded(shop: Shop) -> None:
    import celery

    class Odd(celery.Task):  # type: ignore[misc]
        def __call__(self, *args: Any, **kwargs: Any) -> str:
            shop.ran.append("odd")
            return "never runs its function"

    @shop.task(name="odd", base=Odd)
    def odd() -> None:
        raise AssertionError

    message = shop.publish(lambda: odd.delay())
    stripped = message.changed(nomoat=None)

    assert ("unauthenticated", []) == (reason(stripped.deliver(shop.app)), shop.ran)
    assert "ran: 'never runs its function'" == reason(message.deliver(shop.app))


# -- eagerly ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("always", [True, False])
def test_eagerly_it_runs_as_whoever_is_at_hand(shop: Shop, always: bool) -> None:
    shop.app.conf.task_always_eager = always
    found: list[Any] = []
    call = shop.send.delay if always else lambda *args: shop.send.apply(args)
    shop.within(lambda: found.extend((call("ana"), call("ben"))))

    assert ["ana", "condition-false"] == [found[0].get(), found[1].result.reason]
    assert {"user:local/ana"} == {fact.subject for fact in shop.facts()}


def test_eagerly_outside_of_a_request_nobody_is_known(shop: Shop) -> None:
    with pytest.raises(Denied) as refused:
        shop.note.apply(throw=True)
    assert "unauthenticated" == refused.value.reason

    with guard.as_service():
        assert "noted" == shop.note.apply().get()


def test_in_tests_it_runs_as_whom_the_test_says(shop: Shop) -> None:
    with as_user("ana", roles=["customer"]):
        assert "ana" == shop.send.apply(("ana",)).get()


def test_called_as_a_function_it_is_one(shop: Shop) -> None:
    found: list[Any] = []
    shop.within(lambda: found.append(shop.send("ana")))

    assert ["ana"] == found
    # Its permission stands above it, so it was decided in the course of the request.
    assert [] == shop.facts()


def test_a_message_never_says_that_it_is_eager(shop: Shop) -> None:
    message = shop.publish(lambda: shop.note.delay("x")).changed(nomoat=None, is_eager=True)
    message.embedded["is_eager"] = True

    assert ("unauthenticated", []) == (reason(message.deliver(shop.app)), shop.ran)


# -- mistakes --------------------------------------------------------------------------------------------------------


def test_without_a_key_enforce_runs_nothing_and_audit_says_so(make: Any, capsys: pytest.CaptureFixture[str]) -> None:
    none = POLICY.replace('tasks: {key: "file:task.key"}\n', "")
    shop = make(policy=none, mode="audit")
    message = shop.publish(lambda: shop.note.delay("x"))
    assert "ran: 'noted'" == reason(message.deliver(shop.app))
    assert "tasks: in nomoat.yaml" in capsys.readouterr().err
    strict = make(policy=none)
    assert "not-loaded" == reason(message.deliver(strict.app))
    assert "tasks: in nomoat.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ("{}", "names no key"),
        (f'{{key: "{KEY}"}}', "is no reference"),
        ("{key: []}", "has 0 keys"),
        ('{key: "env:"}', "is no reference"),
        ('{key: "file:short.key"}', "shorter than 32 bytes"),
        ('{key: "file:none.key"}', "cannot read the secret file"),
        ('{key: "file:task.key", within: 0}', "within"),
        ('{key: "file:task.key", for: 1h}', "unknown"),
    ],
)
def test_a_mistake_in_the_section_is_said(make: Any, tasks: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    shop = make(policy=POLICY.replace('{key: "file:task.key"}', tasks))
    (shop.root / "short.key").write_text("short")

    assert shop.app.nomoat_guard._starting.load() is None
    found = capsys.readouterr().err
    assert said in found
    assert KEY not in found


def test_protect_is_called_once_where_the_application_is_made(shop: Shop) -> None:
    from celery import Celery

    with pytest.raises(UsageError, match="protected already"):
        guard.protect(shop.app)
    with pytest.raises(UsageError, match="no connection"):
        guard.protect(Celery("x", set_as_current=False), identity=lambda _: None)
    late = Celery("late", broker="memory://", set_as_current=False)
    late.send_task("x")
    with pytest.raises(UsageError, match="has published"):
        guard.protect(late)


def test_requires_stands_below_the_tasks_decorator(shop: Shop) -> None:
    with pytest.raises(UsageError, match="above a task's decorator"):
        guard.requires("mail:send")(shop.note)


def test_an_application_beside_it_is_left_alone(shop: Shop) -> None:
    from celery import Celery

    other = Celery("other", broker="memory://", backend="cache+memory://", set_as_current=False)

    @other.task(name="plain", shared=False)
    def plain() -> str:
        return "ran"

    assert "ran" == plain.apply().get()
    plain.delay()
    (message,) = shop.messages()
    assert HEADER not in message.headers
