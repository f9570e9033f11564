"""When keys are fetched, how long they last, and who may ask for more, by a clock that a test moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from joserfc.jwk import ECKey

from nomoat.guard.identity.https import ProviderError
from nomoat.guard.identity.keyring import COOL_DOWN_S, MAX_WAITING, Keyring
from nomoat.guard.identity.keys import VerifyingKey
from nomoat.guard.identity.keysets import KeySet
from nomoat.guard.identity.model import KeysUnavailableError
from nomoat.guard.identity.pending import wait
from nomoat.guard.identity.remote import Fetched
from nomoat.guard.issuers import IssuerSettings
from nomoat.guard.providers import KeysAddress

SETTINGS = IssuerSettings("main", "https://id.example.test", ("ES256",), "", remote=KeysAddress("https://id/jwks"))
KEY = ECKey.generate_key("P-256")


class Desk:
    """Gives what a test put on it, counts, and can be held up."""

    place = "desk"

    def __init__(self) -> None:
        self.count = 0
        self.names: tuple[str, ...] = ("k1",)
        self.max_age_s: float | None = None
        self.error: Exception | None = None
        self.exposed: tuple[str, ...] = ()
        self.open = threading.Event()
        self.open.set()

    def fetch(self) -> Fetched:
        self.count += 1
        self.open.wait(10)
        if self.error is not None:
            raise self.error
        keys = tuple(VerifyingKey(name, KEY) for name in self.names)
        return Fetched(KeySet(keys, 0, self.exposed, repr(self.names)), self.max_age_s, None)

    def cut(self) -> None:
        self.open.set()


class World:
    """A ring, its desk, what it said, and its time."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.desk = Desk()
        self.said: list[str] = []
        self.ring = self.made()

    def made(self, settings: IssuerSettings = SETTINGS) -> Keyring:
        return Keyring(settings, self.desk, say=self.said.append, clock=lambda: self.now_s, chance=lambda: 1.0)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.ring.stop()
    assert not [one for one in threading.enumerate() if one.name.startswith("nomoat-keys")]


def _until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.005)


DOWN = ProviderError("unreachable", "it cannot be reached", where="https://id/jwks", fix="look")


def test_before_the_first_fetch_and_after_the_outage_there_are_no_keys(world: World) -> None:
    with pytest.raises(KeysUnavailableError):
        world.ring.current()
    world.ring.refresh()
    assert ["k1"] == [key.id for key in world.ring.current()]

    world.desk.error = DOWN
    world.now_s += 3600
    world.ring.refresh()
    assert ["k1"] == [key.id for key in world.ring.current()]
    world.now_s += 1
    with pytest.raises(KeysUnavailableError):
        world.ring.current()
    world.desk.error = None
    world.ring.refresh()
    assert ["k1"] == [key.id for key in world.ring.current()]


def test_the_outage_counts_from_when_a_good_fetch_began(world: World) -> None:
    def slow() -> Fetched:
        found = Desk.fetch(world.desk)
        world.now_s += 5
        return found

    world.desk.fetch = slow  # type: ignore[method-assign]  # This one test's desk takes its time.
    world.ring.refresh()
    world.now_s += 3596

    with pytest.raises(KeysUnavailableError):
        world.ring.current()


@pytest.mark.parametrize(
    ("max_age_s", "outage_s", "next_s"),
    [
        (None, 3600, 600),
        (0, 3600, 60),
        (300, 3600, 300),
        (1200, 3600, 1200),
        (86_400, 3600, 1800),
        (1e9, 86_400, 43_200),
    ],
)
def test_the_provider_says_when_to_come_again_within_bounds(
    max_age_s: float | None, outage_s: float, next_s: float, world: World
) -> None:
    address = KeysAddress("https://id/jwks", outage_s=outage_s)
    ring = world.made(IssuerSettings("main", None, ("ES256",), "", remote=address))
    world.desk.max_age_s = max_age_s

    assert next_s == ring.refresh()


def test_after_a_failure_it_comes_again_soon_and_then_less_often(world: World) -> None:
    world.desk.error = DOWN

    assert [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] == [world.ring.refresh() for _ in range(8)]
    assert all("ITS TOKENS ARE REFUSED" in said for said in world.said)
    world.desk.error = None
    assert 600.0 == world.ring.refresh()
    assert "keys are fetched again" in world.said[-1]


def test_whatever_a_fetch_meets_the_next_one_is_made(world: World) -> None:
    world.desk.error = RuntimeError("s3cret")
    world.ring.start()
    wait((world.ring.tried,), 10)
    world.desk.error = None
    come = world.ring.ask()
    assert come is not None
    wait((come,), 10)
    world.ring.left()

    assert 1 == len(world.ring.current())
    assert not any("s3cret" in said for said in world.said)


def test_whoever_listens_hears_of_other_keys_and_of_nothing_else(world: World) -> None:
    heard: list[tuple[str, ...]] = []
    world.ring.listeners += (lambda: heard.append(tuple(key.id for key in world.ring.current())),)
    for names in (("k1",), ("k1",), ("k1", "k2"), ("k2",)):
        world.desk.names = names
        world.ring.refresh()

    assert [("k1",), ("k1", "k2"), ("k2",)] == heard


def test_a_key_whose_private_part_is_shown_is_named_loudly(world: World) -> None:
    world.desk.exposed = ("open",)
    world.ring.refresh()

    assert "shows the private part of key open" in world.said[0]


def test_requests_get_one_fetch_in_ten_seconds(world: World) -> None:
    world.ring.start()
    wait((world.ring.tried,), 10)
    for _ in range(200):
        come = world.ring.ask()
        if come is not None:
            wait((come,), 10)
            world.ring.left()
    assert 2 == world.desk.count

    world.now_s += COOL_DOWN_S
    come = world.ring.ask()
    assert come is not None
    wait((come,), 10)
    world.ring.left()
    assert 3 == world.desk.count


def test_so_many_may_wait_for_it_and_the_rest_is_told_at_once(world: World) -> None:
    world.ring.start()
    wait((world.ring.tried,), 10)
    world.desk.open.clear()
    asked = [world.ring.ask() for _ in range(MAX_WAITING + 10)]

    assert [None] * 10 == asked[MAX_WAITING:] and None not in asked[:MAX_WAITING]
    assert 1 == len(set(asked[:MAX_WAITING]))
    world.ring.left()
    assert world.ring.ask() is asked[0]


def test_who_asks_while_an_older_fetch_is_under_way_gets_one_that_began_later(world: World) -> None:
    world.desk.open.clear()
    world.ring.start()
    _until(lambda: world.desk.count == 1)
    come = world.ring.ask()
    assert come is not None and not come.done()
    world.desk.open.set()
    wait((come,), 10)

    assert come.done() and 2 == world.desk.count


def test_who_waits_when_it_ends_waits_no_longer(world: World) -> None:
    world.ring.start()
    wait((world.ring.tried,), 10)
    world.desk.open.clear()
    come = world.ring.ask()
    assert come is not None
    world.ring.stop()

    assert come.done()
    assert world.ring.ask() is None
