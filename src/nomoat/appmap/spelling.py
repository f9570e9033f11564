"""Paths as frameworks write them, brought to one form: `/orders/{order_id:int}`.

Takes the text of a route and how its framework writes parameters; what a parameter matches stays behind its colon.
The map is drawn from source with it, and guard names what a running application serves with it: so both spell alike.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

#: How a framework writes the parameters of a path; what each looks like stands at `braced`.
Paths: TypeAlias = Literal["brace", "angle", "regex", "brace-regex", "pattern"]

_ANGLE = re.compile(r"<(?:(?P<converter>[A-Za-z_]\w*)(?:\((?P<given>[^)]*)\))?:)?(?P<name>[A-Za-z_]\w*)>")
#: What a group of a pattern matches, as a converter would say it.
_DIGITS = re.compile(r"(\\d|\[0-9\])(\+|\{\d+(,\d*)?\})")
_ANYTHING = re.compile(r"\.[*+]\??")
#: Groups that stand deeper in one another than this are no path that anybody wrote.
_MAX_GROUPS = 20
_NAMED = re.compile(r"\(\?P<(\w+)>")
#: A slash at the end that may be there, with or without a group around it: `/?`, `(/?)`, `(/)?`, `(?:/)?`.
_PERHAPS_SLASHED = re.compile(r"(/[?*]|\((\?:|\?P<\w+>)?/[?*]\)\??|\((\?:|\?P<\w+>)?/\)[?*])(\$|\\Z)*$")
#: `/orders/:id`, as it was written before braces; and all of the rest of a path: `/files/*rest`.
_PLAIN = re.compile(r"(?<=/):([A-Za-z_]\w*)")
_REST = re.compile(r"\*([A-Za-z_]\w*)$")


def braced(text: str, paths: Paths) -> str:
    """The path with its parameters in braces.

    `brace`: `/orders/{id:int}`, as it is; `angle`: `/orders/<int:id>`; `regex`: `^orders/(?P<id>[0-9]+)/$`;
    `brace-regex`: `/orders/{id:[0-9]+}`; `pattern`: the same, and `/orders/:id`, `/files/*rest`.
    """
    if paths == "angle":
        return _ANGLE.sub(_of_angle, text)
    if paths == "brace-regex":
        return _of_matched(text)
    if paths == "pattern":
        return _of_matched(_REST.sub(r"{\1:.*}", _PLAIN.sub(r"{\1}", text)))
    return _of_pattern(text) if paths == "regex" else text


def _of_angle(found: re.Match[str]) -> str:
    converter = found.group("converter") or ""
    is_plain = converter in ("", "string", "str", "default")
    return "{" + found.group("name") + ("" if is_plain else f":{converter}") + "}"


def _of_matched(text: str) -> str:
    """`/orders/{number:[0-9]{4}}`: what stands behind the colon is a pattern, which may have braces of its own."""
    found: list[str] = []
    place = 0
    while (start := text.find("{", place)) >= 0:
        end, depth = start, 0
        while end < len(text):
            depth += (text[end] == "{") - (text[end] == "}")
            if depth == 0:
                break
            end += 1
        name, _, pattern = text[start + 1 : end].partition(":")
        found += (text[place:start], _parameter(name.strip(), pattern))
        place = end + 1
    return "".join((*found, text[place:]))


def _of_pattern(text: str, depth: int = 0) -> str:
    """A regular expression as a path: groups become parameters, what only marks an end goes."""
    found: list[str] = []
    place, unnamed = 0, 0
    while place < len(text):
        char = text[place]
        if char in "/(" and _PERHAPS_SLASHED.match(text, place):
            found.append("" if found else "/")
            break
        if char == "(":
            end = _closing(text, place)
            inner = text[place + 1 : end]
            named = _NAMED.match(text, place)
            if named is not None:
                found.append(_parameter(named.group(1), text[named.end() : end]))
            elif inner.startswith("?:"):
                is_plain = "|" not in inner and depth < _MAX_GROUPS
                found.append(_of_pattern(inner[2:], depth + 1) if is_plain else f"{{arg{unnamed}}}")
                unnamed += not is_plain
            elif not inner.startswith("?"):
                found.append(_parameter(f"arg{unnamed}", inner))
                unnamed += 1
            place = end + 1
        elif char == "\\":
            following = text[place + 1 : place + 2]
            if following and following in "dwsDWS":
                found.append(_parameter(f"arg{unnamed}", text[place : place + 3]))
                unnamed += 1
            else:
                found.append("" if following in "AZbB" else following)
            place += 2
        elif char in "^$":
            place += 1
        elif char in ".[":
            end = place if char == "." else _end_of_set(text, place)
            is_several = text[end + 1 : end + 2] in ("*", "+", "{")
            parameter = _parameter(f"arg{unnamed}", text[place : end + 1] + text[end + 1 : end + 2])
            found.append(parameter if is_several or char == "[" else char)
            unnamed += is_several or char == "["
            place = end + 1
        else:
            found.append(char)
            place += 1
        if text[place : place + 1] in ("?", "*", "+") and place:
            place += 1
        elif text[place : place + 1] == "{" and place:
            place = (text.find("}", place) + 1) or len(text)
    return "".join(found)


def _end_of_set(text: str, start: int) -> int:
    """The place of the bracket that closes the set of characters at `start`."""
    place = start + 1 + (text[start + 1 : start + 2] == "^")
    end = text.find("]", place + 1)
    return end if end >= 0 else len(text) - 1


#: What a group matches begins with a slash.
_SLASHED = re.compile(r"(\(\?:)*/")


def _parameter(name: str, pattern: str) -> str:
    if pattern == "/":
        return pattern
    slashed = _SLASHED.match(pattern)
    if slashed is not None:
        # `/files(/.*)?`: the slash is a part of the path like any other.
        return "/" + _parameter(name, pattern[slashed.end() :])
    if _DIGITS.fullmatch(pattern):
        return "{" + name + ":int}"
    return "{" + name + (":path}" if _ANYTHING.fullmatch(pattern) else "}")


def _closing(text: str, start: int) -> int:
    """The place of the parenthesis that closes the one at `start`."""
    depth, place, in_set = 0, start, False
    while place < len(text):
        char = text[place]
        if char == "\\":
            place += 1
        elif char == "[":
            in_set = True
        elif char == "]":
            in_set = False
        elif not in_set and char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                return place
        place += 1
    return len(text)
