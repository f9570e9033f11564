"""The files that hold a word, as going through every source would find them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from nomoat.survey.python.words import WordIndex, words_of

_TEXT = st.text(alphabet='aAbB_1-. \n"é', max_size=40)
_FILES = st.dictionaries(st.sampled_from(("a.py", "b.py", "c/d.py")), _TEXT.map(str.encode), max_size=3)


@given(files=_FILES, word=st.sampled_from((b"a", b"A", b"ab", b"a_b", b"1a", "é".encode(), "aé".encode())))
def test_a_word_stands_in_the_files_in_which_a_search_finds_it(files: dict[str, bytes], word: bytes) -> None:
    whole = re.compile(rf"(?<!\w){word.decode()}(?!\w)")
    expected = [path for path in sorted(files) if whole.search(files[path].decode())]

    assert WordIndex(files.items()).files(word) == expected
    assert WordIndex(files.items()).holding([word, b"absent"]) == expected


@given(
    files=_FILES, text=_TEXT.filter(lambda one: one.isascii() and bool(one)).map(str.encode), is_folded=st.booleans()
)
def test_a_text_stands_in_the_files_in_which_a_search_finds_it(
    files: dict[str, bytes], text: bytes, is_folded: bool
) -> None:
    def among(source: bytes) -> bool:
        return text.lower() in source.lower() if is_folded else text in source

    expected = [path for path in sorted(files) if among(files[path])]

    assert WordIndex(files.items()).holding_text(text, is_folded=is_folded) == expected


@given(files=_FILES, part=st.sampled_from((b"a", b"ab", b"_", b"1", b"b_")))
def test_words_of_which_something_is_a_part_are_found_whatever_their_case(files: dict[str, bytes], part: bytes) -> None:
    every = {word for source in files.values() for word in words_of(source)}
    index = WordIndex(files.items())

    assert sorted(index.containing(part)) == sorted(word for word in every if part in word.lower())
    assert sorted(index.folded(part)) == sorted(word for word in every if word.lower() == part)


def test_a_name_in_other_letters_is_found_as_python_compares_it() -> None:
    index = WordIndex([("m.py", "\N{MATHEMATICAL BOLD SMALL F}n = 1\n".encode())])

    assert index.files(b"fn") == ["m.py"]
    assert index.rewritten == {"m.py"}
    assert index.matching(re.compile(rb"^fn = 1", re.M), [b"fn"]) == ["m.py"]
