"""Tells a secret from what stands in its place: `changeme`, `<your-token>`, `xxxx`, a value of the documentation."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

_WORDS = re.compile(
    r"change[_-]?(me|it|this)|your[_-]?|my[_-]?(secret|token|key|pass)|replace|place[_-]?holder|example|sample|dummy"
    r"|fake|mock|redacted|removed|hidden|insert|todo|fixme|notreal|not[_-]?a[_-]?(real|secret)|invalid|not[_-]?set|undefined|foobar"
    r"|lorem|secret[_-]?(here|key|token|value)|(key|token|password|value)[_-]?here|xxxx|\*\*\*|\.\.\.|n/a|deadbeef|abcdef"
    r"|012345|123456|qwerty|testing|unittest|\btest\b|insecure|unsafe|default|dev[_-]?only|for[_-]?dev", re.I
)  # fmt: skip
#: What is filled in later, or names where the value is: `${TOKEN}`, `{{ token }}`, `$(cat token)`, `<token>`.
_FILLED = re.compile(
    r"\$\{|\$\(|\{\{|\}\}|%\(|%s|\{[a-z_]*\}|^<.*>$|^\$[A-Za-z_]|^%[A-Za-z_]+%$|^env[:.]|^vault:|^file:|^@"
)
#: The name of a setting that holds one: `PI_DB_PASSWORD`.
_SETTING = re.compile(r"([A-Z][A-Z0-9]*_)*(KEY|PASSWORD|PASSWD|SECRET|TOKEN|PASSPHRASE|CREDENTIALS?)")
_SEQUENCES = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiopasdfghjklzxcvbnm")


def is_placeholder(text: str) -> bool:
    """Whether a text stands in the place of a secret; an empty or all alike text does, too."""
    if len(text) < 4 or _FILLED.search(text) or _WORDS.search(text) or names_setting(text):
        return True
    letters = Counter(text.lower())
    if len(letters) <= max(2, len(text) // 12) or letters.most_common(1)[0][1] > len(text) * 0.6:
        return True
    return _is_sequence(text.lower())


def names_setting(text: str) -> bool:
    """Whether a text is the name under which something else holds a secret: `SHOP_DB_PASSWORD`."""
    return _SETTING.fullmatch(text) is not None


def _is_sequence(text: str) -> bool:
    """Whether most of a text counts up, or goes along the keyboard."""
    runs = sum(1 for a, b in pairwise(text) if any(a + b in line for line in _SEQUENCES))
    return runs > (len(text) - 1) * 0.7


def entropy(text: str) -> float:
    """Bits per character, by how often each occurs (Shannon); 0 of an empty text."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values()) if size else 0.0


def looks_random(text: str) -> bool:
    """Whether a text was made by a machine: long, of several kinds of characters, and no words."""
    if len(text) < 16 or " " in text:
        return False
    if re.fullmatch(r"[0-9a-fA-F]{32,}", text):
        return entropy(text.lower()) >= 3.0 and not text.isdigit()
    has = sum(bool(re.search(kind, text)) for kind in (r"[a-z]", r"[A-Z]", r"[0-9]"))
    words = re.findall(r"[a-z]{4,}|[A-Z]{4,}|[A-Z][a-z]{3,}", text)
    return (
        has >= 2
        and entropy(text) >= 3.5
        and sum(map(len, words)) <= len(text) * 0.6
        and bool(re.search(r"[0-9]", text))
    )
