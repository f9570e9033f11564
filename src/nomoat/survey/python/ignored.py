"""Which files `.gitignore` leaves out, as git itself decides (gitignore(5)), without a git process.

`Ignored.of(text)` compiles one file; in it the last pattern that matches decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

#: Patterns beyond these make no sense to a person, and only cost time.
_MAX_PATTERN = 1_000
_MAX_PATTERNS = 20_000
_MAX_DOUBLE_STARS = 6


class _Pattern(NamedTuple):
    expression: re.Pattern[str]
    keeps: bool
    only_folders: bool


@dataclass(frozen=True, slots=True)
class Ignored:
    """The patterns of one `.gitignore`, for the files below the folder it stands in."""

    patterns: tuple[_Pattern, ...]

    @classmethod
    def of(cls, text: str) -> Ignored:
        """The patterns in the text of a `.gitignore`; lines that git itself would not understand are left out."""
        patterns = []
        for line in text.splitlines()[:_MAX_PATTERNS]:
            pattern = _compiled(line)
            if pattern is not None:
                patterns.append(pattern)
        return cls(tuple(patterns))

    def decides(self, path: str, *, is_folder: bool) -> bool | None:
        """True: ignored. False: kept by `!`. None: no pattern says anything. `path` is relative, with `/`."""
        for pattern in reversed(self.patterns):
            if (is_folder or not pattern.only_folders) and pattern.expression.fullmatch(path):
                return not pattern.keeps
        return None


def _compiled(line: str) -> _Pattern | None:
    if not line or line.startswith("#") or len(line) > _MAX_PATTERN:
        return None
    # Spaces at the end count only behind a backslash.
    while line.endswith(" ") and not line.endswith("\\ "):
        line = line[:-1]
    keeps = line.startswith("!")
    line = line[1:] if keeps else line
    only_folders = line.endswith("/")
    line = line[:-1] if only_folders else line
    if not line:
        return None
    # A slash at the start or in the middle binds the pattern to its folder; without one it matches at every depth.
    anchored = "/" in line
    segments = line.removeprefix("/").split("/")
    # Each `**` may take any number of folders: many of them would take for ever on a hostile tree.
    if segments.count("**") > _MAX_DOUBLE_STARS:
        return None
    try:
        return _Pattern(re.compile(_path(segments if anchored else ["**", *segments]), re.DOTALL), keeps, only_folders)
    except re.error:
        return None


def _path(segments: list[str]) -> str:
    parts: list[str] = []
    for place, segment in enumerate(segments):
        is_last = place == len(segments) - 1
        if segment == "**":
            if is_last:
                parts.append(".+")
            elif not (place and segments[place - 1] == "**"):
                parts.append("(?:.*/)?")
        else:
            parts.append(_segment(segment) + ("" if is_last else "/"))
    return "".join(parts)


def _segment(glob: str) -> str:
    # Pieces between stars. All but the last are taken where they first fit and never tried again (atomic), as in
    # `fnmatch`: a pattern of many stars is then linear.
    pieces: list[str] = [""]
    at = 0
    while at < len(glob):
        if glob[at] == "*":
            if len(pieces) == 1 or pieces[-1]:
                pieces.append("")
            at += 1
        elif glob[at] == "?":
            pieces[-1] += "[^/]"
            at += 1
        elif glob[at] == "[":
            piece, at = _bracket(glob, at)
            pieces[-1] += piece
        else:
            at += glob[at] == "\\" and at + 1 < len(glob)
            pieces[-1] += re.escape(glob[at])
            at += 1
    if len(pieces) == 1:
        return pieces[0]
    middle = "".join(f"(?>[^/]*?{piece})" for piece in pieces[1:-1])
    return f"{pieces[0]}{middle}[^/]*{pieces[-1]}"


def _bracket(glob: str, at: int) -> tuple[str, int]:
    end = glob.find("]", at + 3 if glob[at + 1 : at + 2] in ("!", "^") else at + 2)
    if end == -1:
        return re.escape(glob[at]), at + 1
    inner = glob[at + 1 : end]
    negated = inner[:1] in ("!", "^")
    inner = inner[1:] if negated else inner
    inner = inner.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace("^", "\\^")
    inner = inner.replace("&&", "&\\&").replace("||", "|\\|").replace("~~", "~\\~")
    return f"(?!/)[{'^' if negated else ''}{inner}]", end + 1
