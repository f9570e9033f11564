"""Lists as PostgreSQL's arrays, in the binary form of the wire.

The driver looks at each element of a list to find out what it is; facts have columns of one type each, and guard hands
them over beside somebody's requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack

from psycopg import adapt, pq
from psycopg.abc import Buffer

#: The array types and those of their elements (pg_type.dat).
_TEXTS, _TEXT = 1009, 25
_BYTESTRINGS, _BYTES = 1001, 17
_INTEGERS, _INTEGER = 1007, 23
_NULL = pack("!i", -1)


class Array(bytes):
    """An array, ready to be sent. Its classes are the types."""


class _Texts(Array):
    pass


class _Bytestrings(Array):
    pass


class _Integers(Array):
    pass


def texts(items: Sequence[str]) -> Array:
    """`text[]`. Raises UnicodeEncodeError where one is no text."""
    return _Texts(_array(_TEXT, [item.encode() for item in items]))


def bytestrings(items: Sequence[bytes | None]) -> Array:
    """`bytea[]`."""
    return _Bytestrings(_array(_BYTES, items))


def integers(items: Sequence[int]) -> Array:
    """`integer[]`."""
    return _Integers(_array(_INTEGER, [pack("!i", item) for item in items]))


def _array(of: int, items: Sequence[bytes | None]) -> bytes:
    """One dimension that begins at 1 (array_recv in the server's source)."""
    if not items:
        return pack("!iii", 0, 0, of)
    parts = [pack("!iiiii", 1, 1, of, len(items), 1)]
    for item in items:
        if item is None:
            parts.append(_NULL)
        else:
            parts.append(pack("!i", len(item)))
            parts.append(item)
    return b"".join(parts)


def _dumper(kind: int) -> type[adapt.Dumper]:
    class ArrayDumper(adapt.Dumper):
        format = pq.Format.BINARY
        oid = kind

        def dump(self, obj: Array) -> Buffer:
            return obj

    return ArrayDumper


def register(adapters: adapt.AdaptersMap) -> None:
    """Teaches a connection to send arrays."""
    for kind, oid in ((_Texts, _TEXTS), (_Bytestrings, _BYTESTRINGS), (_Integers, _INTEGERS)):
        adapters.register_dumper(kind, _dumper(oid))
