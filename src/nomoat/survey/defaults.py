"""Judges a route once more with every setting as source has it, where a setting decides whom it lets pass.

Takes what the first judgement left unknown; gives that answer where it is sure, and says in `because` what it hangs on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nomoat.survey.found import Found
from nomoat.survey.guards import Judge
from nomoat.survey.middleware import MiddlewareJudge
from nomoat.survey.trial.surroundings import Surroundings
from nomoat.survey.verdicts import Answer, Verdicts


class ByDefault:
    """A second judge, made when the first route asks for it. It comes after the first one has judged all."""

    def __init__(self, surroundings: Surroundings, routes: Iterable[Found]) -> None:
        self._surroundings = surroundings
        self._routes = routes
        self._judges: tuple[MiddlewareJudge, Verdicts] | None = None

    def of(self, found: Found, first: Answer) -> Answer:
        """The answer by default; the first one, where that is sure, or where this one is not."""
        if first.verdict != "unknown" or found.around.doubt:
            return first
        middleware, verdicts = self._judges or self._made()
        answer = verdicts.of(found, middleware.around(found), if_told=True)
        if answer.verdict == "unknown":
            return first
        # What a setting may change binds nobody: only what is sure does.
        return replace(answer, because=f"by default: {first.because}", binding=None)

    def _made(self) -> tuple[MiddlewareJudge, Verdicts]:
        judge = Judge(self._surroundings.as_by_default())
        middleware = MiddlewareJudge(judge)
        self._judges = middleware, Verdicts(judge)
        for found in self._routes:
            middleware.around(found)
        return self._judges
