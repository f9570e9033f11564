"""Parses one file: bytes in, a `Module` in the lowered form out, whatever the bytes are.

What could not be parsed, decoded or was too large is in `Module.broken` or `Module.problem`, never silent.
Positions are byte offsets into `Module.source`; lines, columns, and the body of a file without mistakes on demand.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from nomoat.survey.python.collecting import uncollected
from nomoat.survey.python.form import Body, Broken, Node
from nomoat.survey.python.names import as_compared
from nomoat.survey.python.nesting import may_be_deep
from nomoat.survey.python.reading import Text, decoded

if TYPE_CHECKING:
    from tree_sitter import Tree

    from nomoat.survey.python.lower import Reading, Waiting

#: A file that takes longer to parse is reported, not analysed.
MAX_FILE_S = 10.0
_SAFE_BYTES = 200_000
_SAFE_CONTINUED = 2_000
_CHUNK_BYTES = 65_536
#: Trees of this many files are kept for functions that wait in them.
_KEPT = 8


class Module:
    """One file, lowered. `path` is relative to the surveyed folder, with `/`; `name` is its dotted name.

    `source` is its text, or reads it when somebody asks for it.
    """

    def __init__(
        self,
        path: str,
        source: bytes | Callable[[], bytes],
        lower: Callable[[], Reading] | None = None,
        broken: tuple[Broken, ...] = (),
        *,
        name: str = "",
        problem: str = "",
        is_folder: bool = False,
    ) -> None:
        self.path = path
        self.name = name
        #: Lowers the file when its body is asked for; None where it has none.
        self.lower = lower
        #: Parses the file, which sets what stands here; None where that was done.
        self.waits: Callable[[bool], None] | None = None
        self.broken = broken
        #: Why nothing of the file was analysed; empty when it was.
        self.problem = problem
        #: A folder without `__init__`, or one that exists only as a part of dotted names.
        self.is_folder = is_folder
        #: It stands for a package that is not part of the tree: what it does to a caller, in a few lines of our own.
        self.is_library = False
        if isinstance(source, bytes):
            self.source = source
        else:
            self._read = source

    @cached_property
    def source(self) -> bytes:
        """The text of the file."""
        return self._read()

    def parse(self, *, for_body: bool = False) -> None:
        """Parses the file, where nobody did: what is wrong with it is known then."""
        if self.waits is not None:
            waits, self.waits = self.waits, None
            waits(for_body)

    @cached_property
    def body(self) -> Body:
        """The statements of the file."""
        self.parse(for_body=True)
        if self.lower is None:
            return ()
        with uncollected():
            body, broken = self.lower()
        # Regions that did not parse are known without lowering; too deep a nest may show only now.
        self.broken += tuple(region for region in broken if region not in self.broken)
        self.lower = None
        return body

    @cached_property
    def words(self) -> bytes:
        """The source to look for words in: names stand in it as Python compares them, as well as they are written."""
        return as_compared(self.source)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        find, at = self.source.find, 0
        while (at := find(b"\n", at) + 1) > 0:
            starts.append(at)
        return starts

    @cached_property
    def has_outer_names(self) -> bool:
        """Whether `global` or `nonlocal` may stand anywhere in the file."""
        return b"global" in self.source or b"nonlocal" in self.source

    @property
    def loses(self) -> bool:
        """Whether something of the file was not analysed."""
        self.parse()
        return bool(self.problem) or any(region.loses for region in self.broken)

    @property
    def line_count(self) -> int:
        """Lines of the file."""
        return self.source.count(b"\n") + (not self.source.endswith(b"\n") and bool(self.source))

    def line(self, offset: int) -> int:
        """The line (from 1) of a byte offset."""
        return bisect_right(self._line_starts, offset)

    def column(self, offset: int) -> int:
        """The column (from 1, in characters) of a byte offset."""
        start = self._line_starts[self.line(offset) - 1]
        return len(self.source[start:offset].decode("utf-8", "replace")) + 1

    def offset(self, line: int) -> int:
        """The byte offset at which a line (from 1) begins."""
        return self._line_starts[line - 1]

    def line_text(self, line: int) -> str:
        """The text of a line (from 1), without its end; empty when there is no such line."""
        starts = self._line_starts
        if not 1 <= line <= len(starts):
            return ""
        end = starts[line] if line < len(starts) else len(self.source)
        return self.source[starts[line - 1] : end].rstrip(b"\r\n").decode("utf-8", "replace")

    def at(self, place: Node | int) -> str:
        """`file:line` of a node or a byte offset."""
        return f"{self.path}:{self.line(place if isinstance(place, int) else place[1])}"

    def text(self, node: Node) -> str:
        """The source text of a node."""
        return self.source[node[1] : node[2]].decode("utf-8", "replace")


def parse(source: bytes, path: str) -> Module:
    """One file, parsed and lowered."""
    return Parsing().module(path, decoded(source))


class Parsing:
    """Parses and lowers many files, one after the other, sharing what they have in common."""

    def __init__(self, *, max_file_s: float = MAX_FILE_S) -> None:
        from nomoat.survey.python.grammar import new_parser
        from nomoat.survey.python.lower import Lowering

        self._parser = new_parser()
        self._lowering = Lowering()
        self._max_file_s = max_file_s
        self._kept: list[tuple[bytes, Tree]] = []

    def module(
        self, path: str, text: Text, *, is_wanted: bool = True, holds: Callable[[int, int], bool] | None = None
    ) -> Module:
        """One file, parsed; the tree is gone afterwards.

        What parses without a mistake and is not wanted now is lowered when its body is asked for, which costs the
        parsing twice; most files of a large tree are never asked for it. Of a file that is wanted, `holds` says in
        which regions something is wanted: the bodies of other functions wait likewise.
        """
        module = self.waiting(path, text, is_wanted=is_wanted, holds=holds)
        module.parse()
        return module

    def waiting(
        self, path: str, text: Text, *, is_wanted: bool = True, holds: Callable[[int, int], bool] | None = None
    ) -> Module:
        """One file as `module` gives it, which is parsed when somebody asks for what is in it or wrong with it."""
        module = Module(path, text.source, broken=text.broken, problem=text.problem)
        if not text.problem:

            def parse_(for_body: bool) -> None:
                # Whoever asks for a file that nobody wanted mostly asks for its names and one of its functions.
                inside = holds if is_wanted else (lambda _start, _end: False) if for_body else None
                with uncollected():
                    self._parse(module, is_wanted or for_body, inside)

            module.waits = parse_
        return module

    def _parse(self, module: Module, is_wanted: bool, holds: Callable[[int, int], bool] | None) -> None:
        source, end = module.source, time.monotonic() + self._max_file_s
        tree = self._tree(source, end)
        if tree is None:
            module.broken = ()
            module.problem = f"parsing it takes longer than {self._max_file_s:g} s"
            return
        is_plain = not (tree.root_node.has_error or may_be_deep(source))
        if is_plain and not is_wanted:
            module.lower = lambda: self._again(module)
        elif is_plain and holds is not None:
            lowered = self._lowering.lower(source, tree.root_node, waiting=self._waiting(module, holds))
            module.lower = lambda: lowered
        else:
            reading = self._lowering.lower(source, tree.root_node)
            if reading[1]:
                from nomoat.survey.python.recovery import second_reading

                reading = second_reading(source, reading, lambda piece: self._reading(piece, end))
            module.lower = lambda: reading
            module.broken += reading[1]

    def later(self, path: str, read: Callable[[], Text]) -> Module:
        """One file that was parsed before: it is read and parsed when somebody asks for what is in it."""
        module = Module(path, lambda: read().source)
        module.waits = lambda _for_body: self._parse(module, True, lambda _start, _end: False)
        return module

    def _again(self, module: Module) -> Reading:
        # Whoever asks for a file that nobody wanted mostly asks for its names and one of its functions.
        tree = self._kept_tree(module.source)
        waiting = self._waiting(module, lambda _start, _end: False)
        return self._lowering.lower(module.source, tree.root_node, waiting=waiting) if tree is not None else ((), ())

    def _waiting(self, module: Module, holds: Callable[[int, int], bool]) -> Waiting:
        def later(start: int, scope: str, depth: int) -> Body:
            tree = self._kept_tree(module.source)
            if tree is None:
                return ()
            body, broken = self._lowering.function_body(module.source, tree.root_node, start, scope, depth)
            module.broken += tuple(region for region in broken if region not in module.broken)
            return body

        return lambda start, end: not holds(start, end), later

    def _kept_tree(self, source: bytes) -> Tree | None:
        """The tree of a file that was parsed within its time before; those asked for last are kept."""
        for at, (of, tree) in enumerate(self._kept):
            if of is source:
                self._kept.append(self._kept.pop(at))
                return tree
        parsed = self._tree(source, float("inf"))
        if parsed is not None:
            self._kept = [*self._kept[1 - _KEPT :], (source, parsed)]
        return parsed

    def _reading(self, source: bytes, end: float) -> Reading | None:
        tree = self._tree(source, end)
        return self._lowering.lower(source, tree.root_node) if tree is not None else None

    def _tree(self, source: bytes, end: float) -> Tree | None:
        # Only the slower way of giving it the source can be stopped, so it is kept for files that may need it: the
        # parser is quadratic in continued lines, and who knows in what else.
        if len(source) < _SAFE_BYTES and source.count(b"\\\n") < _SAFE_CONTINUED:
            return self._parser.parse(source)
        try:
            return self._parser.parse(
                lambda offset, _: source[offset : offset + _CHUNK_BYTES],
                progress_callback=lambda *_: time.monotonic() > end,
            )
        except ValueError:
            self._parser.reset()
            return None
