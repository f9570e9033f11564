"""Looks through templates for values that are put into a page without being escaped.

Reads the files of Jinja and Django templates as text, finds the views that render them, and says how sure it is: what a
view takes from the request is; what a row holds may have been written by anybody; what nobody here gives is told low.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from nomoat.check.model import Confidence, Rule, Span, weaker
from nomoat.check.templates.views import Views

_FILES = re.compile(r"\.(html?|jinja2?|j2|django)$", re.I)
#: Templates of what no browser shows as a page: mails as text, configurations, programs.
_NO_PAGES = re.compile(
    r"\.(txt|text|md|rst|csv|json|conf|cfg|ini|ya?ml|toml|sh|py|sql|tex|xml|env|service)\.\w+$", re.I
)
_MAX_BYTES = 1_000_000
#: `{{ x|safe }}`, also with filters before and behind; the value is what stands before the first filter.
_SAFE = re.compile(
    r"\{\{-?\s*(?P<value>[^{}|]{1,300}?)\s*(?P<filters>(?:\|[^{}]{0,200})?\|\s*safe\b[^{}]{0,200})-?\}\}"
)
_OFF = re.compile(r"\{%-?\s*autoescape\s+(off|false)\s*-?%\}(?P<inside>.*?)\{%-?\s*endautoescape", re.S)
_VALUE = re.compile(r"\{\{-?\s*(?P<value>[^{}|]{1,300}?)\s*(?P<filters>\|[^{}]{0,200})?-?\}\}")
#: Filters behind which nothing of a page can be written.
_ESCAPING = re.compile(
    r"\|\s*(e|escape|forceescape|force_escape|tojson|json_script|urlencode|int|float|length|striptags|bleach|sanitize\w*|clean"
    r"|clean_html|floatformat|date|filesizeformat|slugify|xmlattr|escape_lt_gt|json_dumps\w*|linebreaks\w*|urlize\w*)\b"
)
#: What the application wrote itself: translations, static files, what forms and paginators render.
_OWN = re.compile(
    r"^(_|gettext|ngettext|pgettext|trans|url_for|url|static|static_\w+|csrf_token|super|caller|loop|include|config|block"
    r"|render_field|macro)\b|^[\"'\d]|\b(form|field|widget|pagination|paginator|label|help_text|media|icon|csrf\w*)\b"
    r"|_(html|url|icon|link|count|id)\b|\.(id|count|url|pk)$|get_absolute_url", re.I
)  # fmt: skip
#: Columns that people write texts into.
_WRITTEN = re.compile(r"\.(content|body|text|comment|message|description|bio|about|review|answer|note|post)$", re.I)
_COLUMN = re.compile(r"\A[A-Za-z_]\w*\.(?P<name>[A-Za-z_]\w*)\Z")
_NAME = re.compile(r"[A-Za-z_]\w*")
_LOOP = re.compile(r"\{%-?\s*for\s+(?P<names>[\w,\s]+?)\s+in\s+(?P<over>[A-Za-z_]\w*)")


class FoundUnescaped(NamedTuple):
    """One value that is put in as it is."""

    rule: Rule
    span: Span
    line_text: str
    value: str
    confidence: Confidence
    label: str


def is_template(path: str) -> bool:
    """Whether a file is one, by its name."""
    return _FILES.search(path) is not None and _NO_PAGES.search(path) is None


def unescaped(rule: Rule, root: Path, paths: Iterable[str], views: Views) -> Iterator[FoundUnescaped | tuple[str, str]]:
    """The values that templates put in as they are; (path, why) of what cannot be read."""
    for path in paths:
        try:
            with (root / path).open("rb") as stream:
                text = stream.read(_MAX_BYTES).decode("utf-8", "replace")
        except OSError as error:
            yield path, f"cannot be read: {error.strerror}"
            continue
        if "safe" in text or "autoescape" in text:
            yield from _in_template(rule, path, text, views)


def _in_template(rule: Rule, path: str, text: str, views: Views) -> Iterator[FoundUnescaped]:
    seen: set[int] = set()
    loops = {name.strip(): found["over"] for found in _LOOP.finditer(text) for name in found["names"].split(",")}
    for found, offset in _unescaped(text):
        start = offset + found.start("value")
        value = found["value"].strip()
        first = _NAME.match(value)
        if start in seen or first is None or _OWN.search(value) or _ESCAPING.search(found["filters"] or ""):
            continue
        seen.add(start)
        root = loops.get(first.group(), first.group())
        given = views.give(path, root)
        is_told = bool(given.at) or _WRITTEN.search(value) is not None
        confidence: Confidence = "sure" if given.is_request else "likely" if is_told else "low"
        if given.is_fixed:
            continue
        label = f"{root} {given.words} ({given.at})" if given.at else ""
        column = _COLUMN.search(value)
        names = (first.group(), root, *given.names)
        written = views.written.at(column["name"], names) if column is not None and given.at else ""
        if written and confidence == "likely":
            confidence, label = (
                "sure",
                f"{label}; anybody who may call writes {column['name'] if column else ''} ({written})",
            )
        line = text.count("\n", 0, start) + 1
        begins = text.rfind("\n", 0, start) + 1
        end = text.find("\n", start)
        span = Span(path, line, start - begins + 1, line, start - begins + 1 + len(found["value"]))
        shown = text[begins : len(text) if end < 0 else end][:300].rstrip()
        yield FoundUnescaped(rule, span, shown, value, weaker(rule.confidence, confidence), label)


def _unescaped(text: str) -> Iterator[tuple[re.Match[str], int]]:
    for found in _SAFE.finditer(text):
        yield found, 0
    for block in _OFF.finditer(text):
        for inner in _VALUE.finditer(block["inside"]):
            yield inner, block.start("inside")
