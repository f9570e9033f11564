from __future__ import annotations

import pytest

from nomoat.appmap import codec
from nomoat.appmap.model import Map, Service


@pytest.mark.parametrize("name", ["\ud800", "\udfff\u202e", "a\x1b[31m", "\x9b31m", "é😀", "\u2028", "\\ud800"])
def test_a_map_of_any_text_is_written_hashed_and_read_again(name: str) -> None:
    drawn = Map(services=(Service(name),))

    text = codec.file_text(drawn)

    assert text.encode()
    assert not {*"\x1b\x9b\u202e\u2028"} & set(text)
    assert drawn.services == codec.loads(text.encode()).services
    assert codec.digest(drawn) == codec.digest(codec.loads(text))
