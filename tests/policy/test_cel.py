"""The functions, methods and macros of conditions: what each gives, what is refused where it stands, what fails."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from nomoat.datafile import Place
from nomoat.errors import PolicyError
from nomoat.policy import conditions
from nomoat.policy.comparisons import ConditionFailure

GIVEN: Mapping[str, object] = {
    "subject.sub": "ana",
    "subject.roles": ("customer", "eu-staff"),
    "subject.groups": ["a", "b"],
    "subject.mixed": ["a", 1],
    "subject.none": [],
    "subject.level": 3,
    "subject.zone": "Europe/Berlin",
    "subject.https://example.com/team": "red",
    "subject.huge": 2**64,
    "resource.owner": "Ana",
    "resource.total": 100,
    "resource.largest": 2**63 - 1,
    "resource.until": "2026-12-01T00:00:00Z",
    "resource.from": "10.1.0.0/16",
    "params.id": "4711",
    "context.hour": 9,
    "context.now": "2026-11-30T09:15:30.250000Z",
    "context.client": "10.1.2.3",
}


def result(text: str) -> bool | ConditionFailure:
    return conditions.compile(text).evaluate(GIVEN)


@pytest.mark.parametrize(
    "text",
    [
        "has(subject.level) && !has(subject.region)",
        "!has(resource.region) || resource.region == 'eu'",
        "has(resource.region) && resource.region == 'eu' || true",
        "(has(resource.region)) && resource.region == 'eu' || true",
        "true && !has(resource.region)",
        '"https://example.com/team" in subject && !("https://example.com/x" in subject)',
        'subject["https://example.com/team"] == "red"',
        'subject["sub"].startsWith("an")',
        "resource.owner.lowerAscii() == subject.sub && 'ÀÉa'.upperAscii() == 'ÀÉA'",
        "resource.owner.endsWith('na') && resource.owner.contains('n') && ''.contains('')",
        "size(resource.owner) == 3 && resource.owner.size() == 3 && 'é'.size() == 1",
        "size(subject.roles) == 2 && subject.groups.size() == 2 && [1, 2].size() == 2 && subject.none.size() == 0",
        "'user:' + subject.sub == 'user:ana' && resource.owner + resource.owner == 'AnaAna'",
        "resource.total + 1 - 2 == 99 && resource.total - -1 == 101 && -resource.total == -100 && 5-3 == 2",
        "resource.largest - 1 < resource.largest && -9223372036854775808 < 0 && - 5 == -5",
        "'eu-' + 'staff' in subject.roles",
        "string(resource.total) == '100' && string(true) == 'true' && string(resource.owner) == 'Ana'",
        "int(params.id) == 4711 && int('-5') == -5 && int(subject.level) == 3 && int('+7') == 7",
        "context.now < timestamp(resource.until) && timestamp(0) < context.now",
        "context.now + duration('1h') > context.now && context.now - duration('24h') < context.now",
        "timestamp(resource.until) - context.now < duration('15h')",
        "duration('1h30m') == duration('90m') && duration('-1.5s') < duration('0s')",
        "duration('500ms') == duration('.5s') && duration('1us') > duration('999ns')",
        "context.now.getFullYear() == 2026 && context.now.getMonth() == 10 && context.now.getDate() == 30",
        "context.now.getDayOfMonth() == 29 && context.now.getDayOfWeek() == 1 && context.now.getDayOfYear() == 333",
        "context.now.getHours() == 9 && context.now.getMinutes() == 15 && context.now.getSeconds() == 30",
        "context.now.getMilliseconds() == 250 && context.now.getHours(subject.zone) == 10",
        "context.now.getHours('+05:45') == 15 && context.now.getHours('-09:30') == 23",
        "duration('3730s').getMinutes() == 62 && duration('-90m').getHours() == -1",
        "string(context.now) == '2026-11-30T09:15:30.25Z' && string(duration('90m')) == '5400s'",
        "int(context.now) == 1796030130",
        "cidr('10.0.0.0/8').containsIP(context.client) && cidr(resource.from).containsIP(ip(context.client))",
        "!cidr('10.0.0.0/8').containsIP('2001:db8::1') && cidr('10.1.2.3/8').containsCIDR(resource.from)",
        "ip(context.client) == ip('10.1.2.3') && ip('::1').family() == 6 && ip('::1') != ip('::2')",
        "isIP(context.client) && !isIP('10.1.2') && !isIP('::ffff:1.2.3.4') && isCIDR(resource.from) && !isCIDR('x')",
        "cidr(resource.from).prefixLength() == 16 && string(ip('2001:DB8::0001')) == '2001:db8::1'",
        "string(cidr('10.1.2.3/8')) == '10.1.2.3/8'",
        "subject.roles.exists(r, r.startsWith('eu-')) && !subject.roles.all(r, r.startsWith('eu-'))",
        "subject.groups.all(g, g in ['a', 'b', 'c']) && subject.none.all(x, x == 1) && !subject.none.exists(x, x == 1)",
        "subject.groups.exists(g, 'user:' + g == 'user:b') && subject.roles.exists(r, r == 'eu-' + 'staff')",
        "['a', 'Ana'].exists(x, x == resource.owner)",
        r"'\x41\u00e9\U0001F600\101\a\?\`' == 'Aé😀A' + '\a' + '?`'",
    ],
)  # fmt: skip
def test_it_holds(text: str) -> None:
    assert result(text) is True


@pytest.mark.parametrize(
    ("text", "missing", "said"),
    [
        ("true || resource.region == 'eu'", "resource.region", "absent"),
        ("resource.region == 'eu' && has(resource.region)", "resource.region", "absent"),
        ("has(subject.level) && resource.region == 'eu'", "resource.region", "absent"),
        ("(has(resource.region) && true) && resource.region == 'eu'", "resource.region", "absent"),
        ("has(resource.region) == true || resource.region == 'eu'", "resource.region", "absent"),
        ("!(resource.region == 'eu')", "resource.region", "absent"),
        ("!!(true || int(subject.sub) == 1)", "", "no whole number"),
        ("resource.largest + 1 > 0", "", "64 bits"),
        ("-resource.largest - 2 < 0", "", "64 bits"),
        ("subject.huge == 5", "", "64 bits"),
        ("resource.total + resource.owner == 'x'", "", "does not take"),
        ("resource.total.startsWith('x')", "", "resource.total is a number, not text"),
        ("subject.level.exists(x, true)", "", "no list"),
        ("subject.mixed.exists(x, x.startsWith('a'))", "", "not text"),
        ("subject.mixed.all(x, x == 'b')", "", "not of one type"),
        ("'a' in subject.mixed", "", "not of one type"),
        ("timestamp(resource.owner) > context.now", "", "RFC 3339"),
        ("timestamp(resource.largest) > context.now", "", "out of the years"),
        ("context.now - timestamp('0001-01-01T00:00:00Z') > duration('1h')", "", "64 bits"),
        ("context.now.getHours(subject.sub) == 1", "", "no time zone"),
        ("cidr(resource.owner).containsIP(context.client)", "", "no network"),
        ("ip(params.id) == ip('::1')", "", "no address"),
        ("cidr('10.0.0.0/8').containsIP(params.id)", "", "no address"),
        ("int(resource.owner) == 1", "", "no whole number"),
        ("string(subject.groups) == ''", "", "does not take"),
    ],
)
def test_it_fails(text: str, missing: str, said: str) -> None:
    found = result(text)

    assert isinstance(found, ConditionFailure)
    assert missing == found.missing
    assert said in found.what


MISTAKES = {
    "timestamp('yesterday') < context.now": (1, "always fails: no time"),
    "context.now > timestamp('2026-02-30T00:00:00Z')": (15, "no such day"),
    "cidr('10.0.0/8').containsIP(context.client)": (1, "no network"),
    "cidr('10.0.0.0/8').containsIP('10.0.0')": (1, "no address"),
    "cidr(resource.a).containsIP('10.0.0')": (29, "no address"),
    "ip('10.0.0.01') == ip(resource.a)": (1, "no address"),
    "ip('::ffff:10.0.0.1') == ip(resource.a)": (1, "IPv4 written inside IPv6"),
    "context.now.getHours('Europe/Berlyn') == 1": (22, "does not know"),
    "context.now.getHours('right/UTC') == 1": (22, "no time zone"),
    "context.now.getHours('localtime') == 1": (22, "no time zone"),
    "duration('1 day') > duration('1h')": (1, "no duration"),
    "duration('0.1ns') > duration('1h')": (1, "finer"),
    "duration('300000000h') > duration('1h')": (1, "64 bits"),
    "resource.a == 9223372036854775807 + 1": (15, "64 bits"),
    "int('x') == 1": (1, "no whole number"),
    "resource.a.matches('^a')": (12, "no matches"),
    "subject.roles.map(r, r)": (15, "no map"),
    "subject.roles.filter(r, r == 'a').size() == 1": (15, "no filter"),
    "subject.roles.exists_one(r, r == 'a')": (15, "no exists_one"),
    "double(resource.a) == 1": (1, "no double"),
    "uint(resource.a) == 1": (1, "no uint"),
    "bool(resource.a)": (1, "no bool"),
    "type(resource.a) == 1": (1, "no type"),
    "foo(resource.a)": (1, "no function foo"),
    "startsWith(resource.a, 'x')": (1, "no function"),
    "resource.a.timestamp() == context.now": (12, "no method"),
    "resource.a.startWith('x')": (12, "no method startWith"),
    "resource.a[0] == 1": (11, "unexpected '['"),
    "subject[0] == 1": (9, "takes a text"),
    "has(subject['x'])": (12, "has(...) of a text"),
    "has('x')": (5, "asks for one attribute"),
    "has(resource)": (5, "alone"),
    "has(resource.a == 1)": (16, "unexpected '=='"),
    "resource.a in subject": (15, "in subject"),
    "resource.a == {'a': 1}": (15, "unexpected '{'"),
    "resource.a * 2 == 4": (12, "unexpected '*'"),
    "resource.a / 2 == 4": (12, "unexpected '/'"),
    "resource.a == b'x'": (15, "no bytes"),
    "resource.a == r'x'": (15, "no raw texts"),
    "resource.a == '''x'''": (15, "three quotes"),
    "resource.a == .5": (15, "whole number"),
    "resource.true == 1": (10, "names no attribute"),
    "subject.roles.exists(r, subject.groups.exists(g, g == r))": (40, "within exists or all"),
    "subject.roles.exists(r, r in subject.groups)": (27, "within exists or all"),
    "subject.roles.exists(subject, true)": (22, "cannot name"),
    "subject.roles.exists(if, true)": (22, "cannot name"),
    "subject.roles.exists(r, r)": (25, "not true or false"),
    "subject.roles.exists(r)": (23, "unexpected ')'"),
    "context.hour.exists(r, true)": (1, "no list"),
    "subject.roles.exists(r, r == 1)": (27, "never compare"),
    "context.now == '2026-11-30T09:00:00Z'": (13, "never compare"),
    "context.now > resource.until": (13, "resource.until is no timestamp by itself"),
    "context.hour in [1, 2": (17, "never closed"),
    "cidr('10.0.0.0/8').contains(context.client)": (1, "contains does not take this"),
    "context.now - resource.until > duration('1h')": (1, "does not take"),
    "context.now + context.now > context.now": (1, "does not take"),
    "context.hour + 'a' == 'a'": (1, "does not take"),
    "subject.sub - 'a' == 'a'": (1, "does not take"),
    "-subject.sub == 'a'": (1, "does not take"),
    "ip('::1') < ip('::2')": (1, "no order"),
    "subject.sub.startsWith('a', 'b')": (1, "takes"),
    "size() == 1": (1, "takes"),
    "subject.sub.getHours() == 1": (1, "does not take"),
    "resource.a - 1": (1, "not true or false"),
    "-!true": (1, "does not take"),
    "!-1": (2, "not true or false"),
    "context.now.foo == 1": (1, "too many parts"),
    "(context.now).foo == 1": (14, "has no parts"),
    "subject['a'].b == 1": (13, "has no parts"),
    "[1].size": (4, "has no parts"),
    "resource.a == 1 // note": (17, "unexpected '/'"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_named_with_its_column_and_a_fix(text: str) -> None:
    column, said = MISTAKES[text]

    with pytest.raises(PolicyError) as caught:
        conditions.compile(text, place=Place("nomoat.yaml", 7, 20))

    assert said in caught.value.what
    assert f"nomoat.yaml:7:{20 + column - 1}" == caught.value.where
    assert caught.value.fix


@pytest.mark.parametrize(
    "text",
    [
        "-" * 60 + "1 == 1",
        "resource.a" + " + resource.a" * 60 + " == 1",
        "resource.a" + ".lowerAscii()" * 60 + " == 'a'",
    ],
)
def test_chains_are_bounded_too(text: str) -> None:
    with pytest.raises(PolicyError, match="deeper"):
        conditions.compile(text)


def test_many_sides_are_no_depth() -> None:
    sides = " && ".join(["has(subject.a)"] * 50 + ["true"] * 80)

    assert conditions.compile(sides).evaluate({"subject.a": 1}) is True
    assert conditions.compile(sides).evaluate({}) is False


def test_what_has_asks_for_is_read_and_waits_for_the_resource() -> None:
    condition = conditions.compile('has(resource.owner) || "https://x" in subject && subject["https://x"] == "a"')

    assert ("resource.owner", "subject.https://x") == condition.reads
    assert condition.reads == condition.given
    assert condition.reads_resource


def test_text_grows_to_a_bound_and_then_fails() -> None:
    condition = conditions.compile("(resource.a + resource.a).size() > 0")

    assert condition.evaluate({"resource.a": "x" * 32_768}) is True
    assert isinstance(condition.evaluate({"resource.a": "x" * 32_769}), ConditionFailure)


def test_within_exists_a_long_text_of_an_attribute_fails() -> None:
    condition = conditions.compile("subject.groups.exists(g, resource.a.contains(g))")

    assert condition.evaluate({"subject.groups": ["b"], "resource.a": "a" * 1023 + "b"}) is True
    assert isinstance(condition.evaluate({"subject.groups": ["b"], "resource.a": "a" * 1025}), ConditionFailure)


_COSTLY = [
    "resource.a.contains(resource.b)",
    "resource.a.lowerAscii() == resource.b.upperAscii()",
    "resource.a in subject.groups",
    "subject.groups.exists(g, g.contains('ab') || g == 'b' + g || params.p.startsWith(g))",
    "subject.groups.all(g, size(g + g) > 0 && params.p.contains(g))",
    "isIP(resource.a) || isCIDR(resource.b) || size(resource.a) == 1",
    "int(resource.a) == 1",
    "timestamp(resource.a) > context.now",
]


@pytest.mark.parametrize("text", _COSTLY)
def test_no_condition_is_more_than_linear_in_its_inputs(text: str) -> None:
    condition = conditions.compile(text)

    def took(size: int) -> float:
        given = {
            "resource.a": "a" * size, "resource.b": "a" * (size // 2) + "b", "params.p": "a" * 1024,
            "subject.groups": ["a" * 10] * (size // 10), "context.now": "2026-11-30T09:00:00Z",
        }  # fmt: skip
        return min(_seconds(condition, given) for _ in range(3))

    assert took(400_000) < 400 * max(took(4_000), 1e-4)


def _seconds(condition: conditions.Condition, given: Mapping[str, object]) -> float:
    started = time.process_time()
    condition.evaluate(given)
    return time.process_time() - started


class _Odd(list[str]):
    def __iter__(self) -> object:  # type: ignore[override]  # what no list does
        raise RuntimeError


class _OddText(str):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = str.__hash__


def test_what_somebody_elses_types_do_is_not_asked() -> None:
    given = {"subject.groups": _Odd(["a"]), "resource.a": _OddText("a")}

    assert conditions.compile("subject.groups.exists(g, g == resource.a)").evaluate(given) is True
    assert conditions.compile("resource.a in subject.groups && resource.a == 'a'").evaluate(given) is True


def test_an_error_of_the_mapping_itself_fails_the_condition() -> None:
    class Broken(dict[str, object]):
        def __getitem__(self, name: str) -> object:
            raise OSError

    found = conditions.compile("resource.a == 'a'").evaluate(Broken())

    assert ConditionFailure("a value raised OSError") == found
