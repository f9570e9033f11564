"""Regular expressions in a trial: whether a pattern that source fixes fits a path or another text that it fixes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from nomoat.survey.trial.asked import AskedPath, AskedText
from nomoat.survey.trial.values import FILLED, SETTING, Const, Env, Outside, PathOf, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

Known = Callable[["Calls", "tuple[Value, ...]", "dict[str, Value]", str, Env], "Value | None"]

#: Longer patterns and texts, and more repetitions without an end, could take forever to match.
_MAX_PATTERN, _MAX_TEXT, _MAX_ENDLESS = 300, 300, 3
_ENDLESS = re.compile(r"(?<!\\)[*+]|,\}")
#: A group that is repeated: what is inside may be repeated, too.
_REPEATED_GROUP = re.compile(r"\)[*+{]|\\\d|\(\?P=")
_ANY_CASE = frozenset(("re.I", "re.IGNORECASE"))
_OF_GLOBS = {"*": ".*", "?": "."}
_PARAMETER = re.compile(r"\{[^{}]*\}")
#: What stands for parameters of a path, one after the other: a pattern that tells them apart decides nothing.
_SAMPLES = ("1", "x")
#: What else they may be: a pattern that fits one of these is not one that never fits.
_OTHERS = (
    "12", "123", "1234", "12345", "123456", "ab", "abc", "abcd", "abcde", "2024-01-31", "a-b", "a_b", "x.html",
    "x.json", "x.png", "A", "550e8400-e29b-41d4-a716-446655440000", "d41d8cd98f00b204e9800998ecf8427e", "a@b.example",
)  # fmt: skip


def matched(how: str) -> Known:
    """What `re.match`, `re.search` or `re.fullmatch` gives."""

    def known(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
        pattern = args[0] if args else None
        flags = [*args[2:], *named.values()]
        if isinstance(pattern, Thing) and pattern.name == "re.compile" and pattern.args:
            flags += [*pattern.args[1:], *pattern.named.values()]
            pattern = pattern.args[0]
        if any(not isinstance(one, Outside) or one.name not in _ANY_CASE for one in flags):
            return None
        if len(args) < 2 or not isinstance(pattern, Const) or not isinstance(pattern.value, str):
            return None
        if "setting" in pattern.marks and not run._is_told(pattern.marks):
            return Thing(marks=SETTING | args[1].tags)
        written, flag = str(pattern.value), re.I if flags else 0
        if isinstance(args[1], (AskedText, AskedPath)):
            return args[1].log.note(args[1], lambda path: fits(written, path, how, flags=flag))
        return fits(written, args[1], how, flags=flag)

    return known


def globbed(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`fnmatch.fnmatch(path, "/assets/*")`."""
    pattern = args[1] if len(args) == 2 else None
    if not isinstance(pattern, Const) or not isinstance(pattern.value, str) or "[" in pattern.value:
        return None
    written = "".join(_OF_GLOBS.get(one, re.escape(one)) for one in pattern.value)
    return matched("fullmatch")(run, (Const(written, pattern.marks), args[0]), {}, at, env)


def fits(pattern: str, text: Value, how: str, *, flags: int = 0) -> Value | None:
    """A match where the pattern fits the text or path, None where it does not; no value where that is not told."""
    if isinstance(text, PathOf):
        texts = [_PARAMETER.sub(sample, text.template) for sample in _SAMPLES]
    elif isinstance(text, Const) and isinstance(text.value, str):
        texts = [text.value]
    else:
        return None
    answers = {_fits(pattern, one, how, flags) for one in texts}
    if answers == {False} and isinstance(text, PathOf) and _PARAMETER.search(text.template):
        others = (_PARAMETER.sub(sample, text.template) for sample in _OTHERS)
        answers |= {_fits(pattern, one, how, flags) for one in others}
    if len(answers) > 1 or None in answers:
        return None
    if True in answers and "caller" in text.tags:
        return None  # What stands for a credential that nobody sent is no text to take a part of.
    return Thing(FILLED, marks=text.tags) if True in answers else Const(None, text.tags)


def _fits(pattern: str, text: str, how: str, flags: int) -> bool | None:
    is_long = len(pattern) > _MAX_PATTERN or len(text) > _MAX_TEXT
    if is_long or _REPEATED_GROUP.search(pattern) or len(_ENDLESS.findall(pattern)) > _MAX_ENDLESS:
        return None
    try:
        return getattr(re.compile(pattern, flags), how)(text) is not None
    except (re.error, OverflowError, RecursionError):
        return None
