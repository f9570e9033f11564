"""The routes of a map as patterns of paths: what some router could dispatch to them, and what it would hand on.

A template matches exactly as it is written, or loosely: whatever the case of letters, the form of characters and the
last slash. `Index` finds the few templates that a path is to be held against.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from nomoat.appmap import ids

_PARAMETER = re.compile(r"(\{[^{}]*\})")
#: What converters take that stay within a segment; of any other nobody knows, so it takes all.
_WITHIN = {
    "": "[^/]+", "int": r"[+-]?[\d_]+", "float": "[^/]+", "uuid": "[^/]+", "slug": "[^/]+",
}  # fmt: skip
_ALL = ".*"
#: How general a part of a template is: fixed text, text with a parameter, a parameter, all of the rest.
_FIXED, _MIXED, _TYPED, _PLAIN, _REST = range(5)


class Template:
    """One route of the map. `names` are those of its parameters in their order; None: they are not known."""

    __slots__ = (
        "_below",
        "_converters",
        "_exact",
        "_is_sure",
        "_loose",
        "generality",
        "key",
        "method",
        "names",
        "path",
    )

    def __init__(self, key: str, named: str | None) -> None:
        self.key = key
        self.method, _, path = key.partition(" ")
        self.path = path if named is None else named
        self.names = None if named is None else tuple(name for name, _ in ids.path_parameters(named))
        self._converters = tuple(converter for _, converter in ids.path_parameters(path))
        # A mount stands for all that is below it.
        self._below = "(?:/.*)?" if self.method == "ANY" and path != "/" else ""
        self._exact = re.compile(_pattern(path) + self._below, re.DOTALL)
        self._loose = re.compile(_pattern(path.rstrip("/"), loosened=True) + self._below, re.DOTALL)
        self.generality = _generality(path, is_mount=bool(self._below))
        self._is_sure = _splits_one_way(path)

    def params(self, path: str) -> Mapping[str, str | None] | None:
        """What a path has in the place of each parameter, None where routers may differ; None: it does not match."""
        found = self._exact.fullmatch(path)
        if found is None:
            return None
        values = (
            _handed_on(value, converter) if self._is_sure else None
            for value, converter in zip(found.groups(), self._converters, strict=True)
        )
        return dict(zip(self.names or (), values, strict=False))

    def could_be(self, loosened: str) -> bool:
        """True where a router that ignores case or the last slash could match a path (`folded`, without that slash)."""
        return any(self._loose.fullmatch(one) is not None for one in (loosened, f"{loosened}/"))

    @property
    def prefix(self) -> list[str]:
        """The folded segments in front of the first one that has a parameter."""
        path = self.key.partition(" ")[2]
        fixed, parameter, _ = path.partition("{")
        segments = folded(fixed).split("/")[1:]
        return segments[:-1] if parameter and not fixed.endswith("/") else segments


class Index:
    """Templates by the fixed segments that they begin with."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._here: list[Template] = []
        self._below: dict[str, Index] = {}
        for template in templates:
            place = self
            for segment in template.prefix:
                place = place._below.setdefault(segment, Index(()))
            place._here.append(template)

    def along(self, loosened: str) -> Iterator[Template]:
        """Every template that a path (`folded`) could match."""
        place: Index | None = self
        for segment in loosened.split("/")[1:]:
            assert place is not None
            yield from place._here
            place = place._below.get(segment)
            if place is None:
                return
        assert place is not None
        yield from place._here


def template_of(key: str, *, named: str | None) -> Template:
    """The template of a route key (`GET /orders/{:int}`); `named` is its path with the names of parameters."""
    return Template(key, named)


def folded(path: str) -> str:
    """A path as those see it who ignore case, how characters are composed, and the last slash."""
    if not path.isascii():
        path = unicodedata.normalize("NFKC", path).casefold()
    return path.lower().rstrip("/")


def _pattern(path: str, *, loosened: bool = False) -> str:
    parts = _PARAMETER.split(path)
    return "".join(
        f"({_taken(part)})" if part.startswith("{") else re.escape(folded_text(part) if loosened else part)
        for part in parts
    )


def folded_text(text: str) -> str:
    """Fixed text of a template as `folded` has it, its slashes kept."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text).casefold()).lower()


def _taken(parameter: str) -> str:
    converter = parameter[1:-1].partition(":")[2]
    return _WITHIN.get(converter.partition("(")[0].strip(), _ALL)


def _generality(path: str, *, is_mount: bool) -> tuple[int, ...]:
    """What sorts the more specific template first: from the left, fixed text before parameters, then the longer."""
    found = [_kind(segment) for segment in _PARAMETER.sub(_without_slashes, path).split("/")[1:]]
    return (*found, _REST + 1 if is_mount else -1)


def _without_slashes(parameter: re.Match[str]) -> str:
    return parameter.group().replace("/", "")


def _kind(segment: str) -> int:
    whole = _PARAMETER.fullmatch(segment)
    if whole is None:
        return _MIXED if "{" in segment else _FIXED
    if _taken(segment) == _ALL:
        return _REST
    return _PLAIN if segment == "{}" else _TYPED


def _splits_one_way(path: str) -> bool:
    """True where a path has one way only to be a template: each parameter is a segment, and one at most has several."""
    kinds = [_kind(segment) for segment in _PARAMETER.sub(_without_slashes, path).split("/")[1:]]
    return _MIXED not in kinds and kinds.count(_REST) <= 1


def _handed_on(value: str, converter: str) -> str | None:
    """A parameter as every router hands it on; None where converters change how it is written."""
    converter = converter.partition("(")[0].strip()
    if converter in ("", "path", "slug"):
        return value
    if converter == "int":
        return value if value.isascii() and value.isdigit() and str(int(value)) == value else None
    if converter == "uuid":
        return value if _is_plain_uuid(value) else None
    return None


def _is_plain_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
