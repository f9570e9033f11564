"""Stores that a call names: keys of a cache, buckets, files, queues, and collections of a database that is not known.

Takes the parsed program and the store models; gives the names that one call reads and writes.
"""

from __future__ import annotations

import re
from functools import cached_property

from nomoat.survey.models import Spot
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import CallSite, Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import Scope
from nomoat.survey.standing import Foreign, Frame, Made, Standing
from nomoat.survey.storefile import Keyed, Library, Stores

_MAX_NAME = 60
_LEADING = (form.SUBSCRIPT, form.CALL, form.ATTRIBUTE)


class KeyedStores:
    """Answers for one program."""

    def __init__(self, program: Program, stores: Stores, standing: Standing) -> None:
        self._program = program
        self._standing = standing
        self._keyed = stores.keyed
        self._telling: dict[str, Library] = {}
        self._by_method: dict[str, Library] = {}
        for library in stores.libraries:
            self._telling.update(dict.fromkeys(library.telling, library))
            if library.telling:
                self._by_method.update(dict.fromkeys(library.reads | library.writes, library))
        self._present: dict[str, bool] = {}

    def of(self, frame: Frame, site: CallSite, name: str) -> tuple[set[str], set[str]]:
        """Names of what one call reads and writes."""
        reads: set[str] = set()
        writes: set[str] = set()
        for callee in site.callee.all:
            for key, rest in _splits(callee.name):
                for library, keyed in self._keyed.get(key, ()):
                    self._one(site, callee, library, keyed, rest, reads, writes)
        if site.node[3][0] == form.ATTRIBUTE:
            told = self._telling.get(name) or self._told_elsewhere(site.node[3][3], name)
            if told is not None:
                self._told(frame, site, name, told, reads, writes)
        return reads, writes

    def _told_elsewhere(self, owner: Node, method: str) -> Library | None:
        """The library of a collection on which another place calls what only that library has."""
        library = self._by_method.get(method)
        if library is None or owner[0] not in (form.NAME, form.ATTRIBUTE):
            return None
        return library if owner[4 if owner[0] == form.ATTRIBUTE else 3] in self._evident else None

    @cached_property
    def _evident(self) -> frozenset[str]:
        """Names of what such methods are called on anywhere in the tree."""
        methods = b"|".join(sorted(name.encode() for name in self._telling))
        pattern = re.compile(rb"(\w+)\s*\.\s*(?:" + methods + rb")\(")
        found = self._program.words.finding(pattern, map(str.encode, self._telling))
        return frozenset(name.decode() for names in found.values() for name in names)

    def _one(
        self,
        site: CallSite,
        callee: Resolved,
        library: Library,
        keyed: Keyed,
        method: str,
        reads: set[str],
        writes: set[str],
    ) -> None:
        is_write, is_read = (method or "itself") in keyed.writes, (method or "itself") in keyed.reads
        if keyed.mode.names and not method:
            mode = self._text(site.scope, form.argument(site.node, keyed.mode.names[0], keyed.mode.position))
            is_write = any(letter in mode for letter in "wax+")
            is_read = not is_write or "+" in mode
        if not (is_read or is_write):
            return
        maker = _maker(callee)
        if keyed.made_for and (maker is None or self._made_for(maker) != keyed.made_for):
            return
        scope, node = (maker.where, maker.value) if keyed.of_handle and maker is not None else (site.scope, site.node)
        if scope is None or node is None or node[0] != form.CALL:
            return
        name = self._named(scope, node, keyed)
        if not name and "{}" in keyed.store:
            return
        store = keyed.store.replace("{}", name) if keyed.store else name
        entity = self._standing.tables.named(store, library, keyed.kind)
        if is_read:
            reads.add(entity.name)
        if is_write:
            writes.add(entity.name)

    def _made_for(self, maker: Resolved) -> str:
        given = maker.value[4][:1] if maker.value is not None and maker.value[0] == form.CALL else ()
        return self._text(maker.where, given[0]) if given and maker.where is not None else ""

    def _named(self, scope: Scope, node: Node, keyed: Keyed) -> str:
        for place in keyed.name:
            given = _argument(node, place)
            text = self._text(scope, given)
            if keyed.until:
                # What stands behind is one of many: the part before it names them all.
                for letter in keyed.until:
                    text = text.partition(letter)[0]
            if text:
                return text[:_MAX_NAME]
        return ""

    def _text(self, scope: Scope, node: Node | None) -> str:
        """A text as far as its beginning is fixed; `$NAME` where a setting says it."""
        if node is None:
            return ""
        known = self._program.constant(scope, node)
        if known is not None:
            if known.settings:
                return f"${known.settings[0]}"
            return known.value if isinstance(known.value, str) else ""
        parts = form.string_parts(node)
        if parts and parts[0][0] == form.CONSTANT and isinstance(parts[0][3], str):
            return parts[0][3]
        return ""

    def _told(
        self, frame: Frame, site: CallSite, name: str, library: Library, reads: set[str], writes: set[str]
    ) -> None:
        """`anything["orders"].find_one(...)`, where only one library has such a method."""
        owner = site.node[3][3]
        if not self._is_here(library):
            return
        if any(isinstance(one, Foreign) for one in self._standing.of(frame, site.node[3])):
            return
        for store in self._of_self(frame, owner) or self._collections(frame.scope, owner):
            entity = self._standing.tables.named(store, library)
            if name in library.writes:
                writes.add(entity.name)
            if name in library.reads:
                reads.add(entity.name)

    def _of_self(self, frame: Frame, owner: Node) -> list[str]:
        """`self.orders`, as the class at hand sets it."""
        if owner[0] != form.ATTRIBUTE or not isinstance(frame.me, Made) or form.dotted(owner[3]) != "self":
            return []
        members, _ = self._program.resolver.classes.members(frame.me.scope, owner[4])
        values = [(one.scope, one.binding.value) for one in members]
        return [name for scope, value in values if value is not None for name in self._collections(scope, value)]

    def _collections(self, scope: Scope, node: Node) -> list[str]:
        if node[0] == form.SUBSCRIPT:
            text = self._text(scope, node[4])
            return [text] if text else []
        if node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[4] and node[3][4].startswith("get_coll"):
            text = self._text(scope, node[4][0])
            return [text] if text else []
        if node[0] not in (form.NAME, form.ATTRIBUTE):
            return []
        found: list[str] = []
        for one in self._program.resolve(scope, node).all:
            if one.value is not None and one.where is not None and one.value[0] in _LEADING:
                found += self._collections(one.where, one.value)
        if not found and node[0] == form.ATTRIBUTE and form.dotted(node[3]) not in ("self", "cls"):
            found = [node[4]]
        return found

    def _is_here(self, library: Library) -> bool:
        """Whether the tree imports the library."""
        if library.name not in self._present:
            words = self._program.words
            self._present[library.name] = any(words.containing(name.lower().encode()) for name in library.packages)
        return self._present[library.name]


def _splits(name: str) -> tuple[tuple[str, str], ...]:
    """A dotted name as constructor and method: `redis.Redis.get` as (`redis.Redis`, `get`), and as a whole."""
    owner, _, method = name.rpartition(".")
    return ((name, ""), (owner, method))


def _maker(callee: Resolved) -> Resolved | None:
    """What the method was looked up on."""
    receiver = callee.receiver
    while receiver is not None and receiver.value is None and receiver.receiver is not None:
        receiver = receiver.receiver
    return receiver


def _argument(node: Node, place: Spot) -> Node | None:
    for name in place.names:
        found = form.keyword(node, name)
        if found is not None:
            return found
    return form.argument(node, place.names[0], place.position) if place.names else None
