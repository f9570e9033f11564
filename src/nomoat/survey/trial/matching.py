"""Regular expressions in a trial: whether a pattern that source fixes fits a path or another text that it fixes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from nomoat.survey.trial.asked import AskedPath, AskedText
from nomoat.survey.trial.values import FILLED, Const, Env, Outside, PathOf, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

Known = Callable[["Calls", "tuple[Value, ...]", "dict[str, Value]", str, Env], "Value | None"]

#: Longer patterns and texts, and more repetitions without an end, could take forever to match.
_MAX_PATTERN, _MAX_TEXT, _MAX_ENDLESS = 300, 300, 3
_ENDLESS = re.compile(r"(?<!\\)[*+]|,\}")
#: A group that is repeated: what is inside may be repeated, too.
_REPEATED_GROUP = re.compile(r"\)[*+{]|\\\d|\(\?P=")
_ANY_CASE = frozenset(("re.I", "re.IGNORECASE"))
_PARAMETER = re.compile(r"\{[^{}]*\}")
#: What stands for parameters of a path, one after the other: a pattern that tells them apart decides nothing.
_SAMPLES = ("1", "x")


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
        text = isinstance(pattern, Const) and isinstance(pattern.value, str) and "setting" not in pattern.marks
        if len(args) < 2 or not text or not isinstance(pattern, Const):
            return None
        written, flag = str(pattern.value), re.I if flags else 0
        if isinstance(args[1], (AskedText, AskedPath)):
            return args[1].log.note(args[1], lambda path: fits(written, path, how, flags=flag))
        return fits(written, args[1], how, flags=flag)

    return known


def fits(pattern: str, text: Value, how: str, *, flags: int = 0) -> Value | None:
    """A match where the pattern fits the text or path, None where it does not; no value where that is not told."""
    if isinstance(text, PathOf):
        texts = [_PARAMETER.sub(sample, text.template) for sample in _SAMPLES]
    elif isinstance(text, Const) and isinstance(text.value, str):
        texts = [text.value]
    else:
        return None
    answers = {_fits(pattern, one, how, flags) for one in texts}
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
