"""Judges a route whose prefix cannot be read as if it stood here, and once more as if it stood somewhere else.

What guards it mostly stands beside it, whatever its path: where both answers are the same, that is the answer, and it
says that the path is only the part that can be read. Where another route has that path, nothing is told of either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from nomoat.survey.found import UNREAD_ROUTE, Found, has_lost_prefix
from nomoat.survey.verdicts import Answer

#: No middleware lets a path like this pass by its beginning.
_SOMEWHERE = "/a-prefix-that-nobody-knows"


class Wherever:
    """Judges such routes of one tree."""

    def __init__(self, judge: Callable[[Found], Answer], routes: Iterable[Found]) -> None:
        self._judge = judge
        self._places = Counter((one.method, one.path) for one in routes)

    def of(self, found: Found, first: Answer) -> Answer:
        """The answer that holds wherever the route stands; the first one, where none does."""
        # Views of one path are told apart by what they ask of a request: they may have the same path.
        is_named = found.around.doubt.startswith(UNREAD_ROUTE)
        if not has_lost_prefix(found) or (self._places[found.method, found.path] > 1 and not is_named):
            return first
        return _wherever(found, first, self._judge)


def _wherever(found: Found, first: Answer, judge: Callable[[Found], Answer]) -> Answer:
    here = replace(found, around=replace(found.around, doubt=""))
    answer = judge(here)
    if answer.verdict == "unknown":
        # The reason that would be left if its path were known says more.
        return replace(first, because=f"{answer.because}; {found.around.doubt}")
    if judge(replace(here, path=_SOMEWHERE + found.path)).verdict != answer.verdict:
        return first
    why = f"{found.around.doubt}; wherever it stands"
    # What stands in another place than the map says binds nobody.
    return replace(answer, because=f"{answer.because}; {why}" if answer.because else why, binding=None)
