"""A direct reading of the conditions' language over trees of its own: slow, short, and sharing nothing with `cel/`.

A tree is a tuple: its kind, then its parts. `text_of` writes it as a condition, `value_of` works it out by the words of
docs/reference/policy.md; what has no value is FAILED. Moments are datetimes, spans timedeltas, networks those of the
standard library.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

Tree = tuple[Any, ...]


class Failed:
    """No value."""


FAILED = Failed()
_BITS = 2**63


def text_of(tree: Tree) -> str:
    """The tree as somebody would write it, with more parentheses."""
    kind, *parts = tree
    match kind:
        case "literal":
            return _literal(parts[0])
        case "name" | "item":
            return str(parts[0])
        case "has":
            return f"has({parts[0]})"
        case "!":
            return f"!({text_of(parts[0])})"
        case "-x":
            return f"-({text_of(parts[0])})"
        case "&&" | "||":
            return f" {kind} ".join(text_of(part) if _is_guard(part) else f"({text_of(part)})" for part in parts)
        case "function":
            return f"{parts[0]}({', '.join(map(text_of, parts[1:]))})"
        case "method":
            return f"({text_of(parts[1])}).{parts[0]}({', '.join(map(text_of, parts[2:]))})"
        case "each":
            return f"{text_of(parts[1])}.{parts[0]}(x, {text_of(parts[2])})"
        case _:
            return f"({text_of(parts[0])}) {kind} ({text_of(parts[1])})"


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(one):08x}" if one in '"\\' or ord(one) < 32 else one for one in value) + '"'
    return str(value)


def _is_guard(tree: Tree) -> bool:
    return "has" in (tree[0], tree[1][0] if tree[0] == "!" else "")


def value_of(tree: Tree, given: Mapping[str, Any], item: Any = None) -> Any:
    """The value of a tree, or FAILED."""
    kind, *parts = tree
    if kind == "literal":
        return parts[0]
    if kind == "item":
        return _known(item)
    if kind == "has":
        return parts[0] in given
    if kind == "name":
        return _attribute(parts[0], given)
    if kind in ("&&", "||"):
        return _joined(kind, parts, given, item)
    if kind == "each":
        return _each(parts[0], value_of(parts[1], given), parts[2], given)
    names = parts[:1] if kind in ("function", "method") else []
    values = [value_of(part, given, item) for part in parts[len(names) :]]
    if any(value is FAILED for value in values):
        return FAILED
    if kind == "!":
        return (not values[0]) if isinstance(values[0], bool) else FAILED
    if names:
        return _asked(names[0], values)
    return _related(kind, values)


def _known(value: Any) -> Any:
    if type(value) is int:
        return value if -_BITS <= value < _BITS else FAILED
    return value if type(value) in (str, bool, tuple) else FAILED


def _attribute(name: str, given: Mapping[str, Any]) -> Any:
    value = _known(given.get(name))
    if name == "context.now":
        return datetime.fromisoformat(value) if isinstance(value, str) else FAILED
    typed = {"params": str, "subject.sub": str, "context.hour": int, "subject.roles": tuple}
    wanted = typed.get(name) or typed.get(name.split(".")[0])
    return value if wanted is None or type(value) is wanted else FAILED


def _joined(kind: str, parts: list[Tree], given: Mapping[str, Any], item: Any) -> Any:
    decides = kind == "||"
    result = not decides
    for part in parts:
        value = value_of(part, given, item)
        if not isinstance(value, bool):
            return FAILED
        if value is decides:
            result = decides
            if _is_guard(part):
                break
    return result


def _each(macro: str, items: Any, body: Tree, given: Mapping[str, Any]) -> Any:
    if not isinstance(items, tuple):
        return FAILED
    values = [value_of(body, given, item) for item in items]
    if not all(isinstance(value, bool) for value in values):
        return FAILED
    return any(values) if macro == "exists" else all(values)


def _related(kind: str, values: list[Any]) -> Any:
    if kind == "-x":
        return _bounded(-values[0]) if type(values[0]) is int else FAILED
    left, right = values
    if kind in "+-":
        return _sum(kind, left, right)
    if kind == "in":
        if not isinstance(right, tuple) or isinstance(left, tuple) or any(type(one) is not type(left) for one in right):
            return FAILED
        return left in right
    if type(left) is not type(right) or isinstance(left, tuple):
        return FAILED
    if kind in ("==", "!="):
        return (left == right) is (kind == "==")
    if isinstance(left, bool):
        return FAILED
    order = (left > right) - (left < right)
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[kind]


def _bounded(value: int) -> Any:
    return value if -_BITS <= value < _BITS else FAILED


def _sum(kind: str, left: Any, right: Any) -> Any:
    types = {type(left), type(right)}
    try:
        if types == {int}:
            return _bounded(left + right if kind == "+" else left - right)
        if types == {str} and kind == "+":
            return left + right if len(left + right) <= 65536 else FAILED
        if types <= {datetime, timedelta}:
            found = left + right if kind == "+" else left - right
            return (
                FAILED if isinstance(found, timedelta) and abs(found) > timedelta(microseconds=_BITS / 1000) else found
            )
    except (TypeError, OverflowError):
        pass
    return FAILED


def _zone(text: str) -> Any:
    if ":" in text:
        hours, minutes = int(text[-5:-3]), int(text[-2:])
        return timezone((-1 if text.startswith("-") else 1) * timedelta(hours=hours, minutes=minutes))
    return ZoneInfo(text)


_PARTS: dict[str, Callable[[datetime], int]] = {
    "getFullYear": lambda at: at.year,
    "getMonth": lambda at: at.month - 1,
    "getDate": lambda at: at.day,
    "getDayOfMonth": lambda at: at.day - 1,
    "getDayOfWeek": lambda at: int(at.strftime("%w")),
    "getDayOfYear": lambda at: int(at.strftime("%j")) - 1,
    "getHours": lambda at: at.hour,
    "getMinutes": lambda at: at.minute,
    "getSeconds": lambda at: at.second,
    "getMilliseconds": lambda at: at.microsecond // 1000,
}
_SPANS = {
    "getHours": timedelta(hours=1),
    "getMinutes": timedelta(minutes=1),
    "getSeconds": timedelta(seconds=1),
}


def _asked(name: str, values: list[Any]) -> Any:
    first, rest = values[0], values[1:]
    if name in _PARTS:
        if isinstance(first, datetime):
            try:
                return _PARTS[name](first.astimezone(_zone(rest[0]) if rest else UTC))
            except OverflowError:
                return FAILED
        if not isinstance(first, timedelta) or rest:
            return FAILED
        part = abs(first) % timedelta(seconds=1) // timedelta(milliseconds=1)
        size = abs(first) // _SPANS[name] if name in _SPANS else part
        return -size if first < timedelta(0) else size
    try:
        return _ASKED[name](first, *rest)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return FAILED


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _size(value: Any) -> int:
    if not isinstance(value, (str, tuple)):
        raise TypeError
    return len(value)


def _ascii(change: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: "".join(change(one) if one.isascii() else one for one in _text(value))


def _string(value: Any) -> str:
    if isinstance(value, tuple):
        raise TypeError
    if isinstance(value, datetime):
        text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
        return text.rjust(len(text) + 4 - text.index("-"), "0") + "Z"
    if isinstance(value, timedelta):
        micros = value // timedelta(microseconds=1)
        text = f"{abs(micros) // 10**6}.{abs(micros) % 10**6:06d}".rstrip("0").rstrip(".")
        return ("-" if micros < 0 else "") + text + "s"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _int(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    if isinstance(value, (bool, tuple)) or (isinstance(value, str) and (value != value.strip() or "_" in value)):
        raise TypeError
    if isinstance(value, str) and not value.isascii():
        raise TypeError
    return _bounded(int(value))


def _ip(value: Any) -> Any:
    found = ipaddress.ip_address(_text(value))
    if "%" in value or (found.version == 6 and found.ipv4_mapped):
        raise ValueError
    return found


def _is(made: Callable[[Any], Any]) -> Callable[[Any], bool]:
    def asked(value: Any) -> bool:
        _text(value)
        try:
            made(value)
        except ValueError:
            return False
        return True

    return asked


def _network(value: Any) -> Any:
    address, slash, prefix = _text(value).partition("/")
    if not slash or not prefix.isdigit() or str(int(prefix)) != prefix:
        raise ValueError
    _ip(address)
    return ipaddress.ip_network(value, strict=False)


_ASKED: dict[str, Callable[..., Any]] = {
    "size": _size,
    "startsWith": lambda text, part: _text(text)[: len(_text(part))] == part,
    "endsWith": lambda text, part: _text(part) == "" or _text(text)[-len(part) :] == part,
    "contains": lambda text, part: _text(text).find(_text(part)) >= 0,
    "lowerAscii": _ascii(str.lower),
    "upperAscii": _ascii(str.upper),
    "string": _string,
    "int": _int,
    "timestamp": lambda value: datetime.fromisoformat(_text(value)),
    "duration": lambda value: timedelta(**{{"h": "hours", "m": "minutes", "s": "seconds"}[value[-1]]: int(value[:-1])}),
    "ip": _ip,
    "isIP": _is(_ip),
    "isCIDR": _is(_network),
    "cidr": _network,
    "family": lambda address: address.version,
    "containsIP": lambda network, address: (_ip(address) if isinstance(address, str) else address) in network,
    "containsCIDR": lambda network, other: (
        network.version == _network(other).version and _network(other).subnet_of(network)
    ),
    "prefixLength": lambda network: network.prefixlen,
}
