"""What a test proved of a name, and what several ways to the same place prove together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nomoat.check.model import Check

PATH = frozenset(("path",))
#: The checks that rules know.
Checks = Sequence[Check]


class Proof(NamedTuple):
    """A path that a test proves clean of `kinds` (None: all); `by_source`: and all that came from the same data.

    `is_doubt`: something was asked about it that cannot be read here, so what arrives is less sure.
    """

    path: str
    kinds: frozenset[str] | None = None
    by_source: bool = False
    is_doubt: bool = False


def weakest(ways: list[list[Proof]]) -> Iterator[Proof]:
    """What holds whichever of several ways it was: of each path that all prove something of, the least."""
    for path in dict.fromkeys(proof.path for proof in ways[0]):
        found = [[proof for proof in way if proof.path == path] for way in ways]
        if not all(found):
            continue
        of_kinds = [[proof for proof in proofs if not proof.is_doubt] for proofs in found]
        if not all(of_kinds):
            doubts = {proof.kinds for proofs in found for proof in proofs if proof.is_doubt}
            yield Proof(path, None if None in doubts else next(iter(doubts)), is_doubt=True)
            continue
        kinds: frozenset[str] | None = None
        for proofs in of_kinds:
            if any(proof.kinds is None for proof in proofs):
                continue
            here = frozenset(kind for proof in proofs for kind in proof.kinds or ())
            kinds = here if kinds is None else kinds & here
        by_source = all(proof.by_source for proofs in of_kinds for proof in proofs)
        if kinds is None or kinds:
            yield Proof(path, kinds, by_source)
        else:
            yield Proof(path, is_doubt=True)
