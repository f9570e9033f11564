"""Judges a route once more with every setting as source has it, where a setting decides whom it lets pass.

Takes what the first judgement left unknown; gives that answer where it is sure, and says in `because` what it hangs on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nomoat.survey.found import Found
from nomoat.survey.guards import Judge, Judgement
from nomoat.survey.middleware import MiddlewareJudge
from nomoat.survey.trial.surroundings import Surroundings
from nomoat.survey.verdicts import Answer, Verdicts


class ByDefault:
    """A second judge, made when the first route asks for it. It comes after the first one has judged all."""

    def __init__(self, surroundings: Surroundings, verdicts: Verdicts, routes: Iterable[Found]) -> None:
        self._surroundings = surroundings
        self._verdicts = verdicts
        self._routes = routes
        self._judges: tuple[MiddlewareJudge, Verdicts] | None = None

    def of(self, found: Found, before: list[Judgement], first: Answer | None = None) -> Answer:
        """What the first judge says where that is sure, what it is by default where that is, else all that is known.

        `before` is what the middleware around the route does to it; `first` what the first judge said, where known.
        """
        first = first or self._verdicts.of(found, before, if_told=True)
        if first.verdict != "unknown":
            return first
        if not found.around.doubt:
            middleware, verdicts = self._judges or self._made()
            answer = verdicts.of(found, middleware.around(found), if_told=True)
            if answer.verdict != "unknown":
                # What a setting may change binds nobody: only what is sure does.
                return replace(answer, because=f"by default: {first.because}", binding=None)
        return self._verdicts.of(found, before)

    def _made(self) -> tuple[MiddlewareJudge, Verdicts]:
        judge = Judge(self._surroundings.as_by_default())
        middleware = MiddlewareJudge(judge)
        self._judges = middleware, Verdicts(judge)
        for found in self._routes:
            middleware.around(found)
        return self._judges
