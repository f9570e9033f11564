from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import DrawFn, composite, from_regex, lists, sampled_from, text

from nomoat.appmap import ids

NAME = from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
SERVICE = from_regex(r"[a-z0-9][a-z0-9._-]{0,10}", fullmatch=True)
CONVERTER = sampled_from(["", ":int", ":path", ":uuid", ":str"])


@composite
def paths(draw: DrawFn) -> str:
    """A path as a framework writes it."""
    parts = []
    for name in draw(lists(NAME, max_size=5)):
        parts.append("{" + name + draw(CONVERTER) + "}" if draw(sampled_from([True, False])) else name)
    return "/" + "/".join(parts) + draw(sampled_from(["", "/"]) if parts else sampled_from([""]))


@given(SERVICE, sampled_from(ids.METHODS), paths())
def test_an_id_reads_back_as_its_parts(service: str, method: str, path: str) -> None:
    assert ids.parse_route(ids.route_id(service, method, path)) == (service, method, ids.template(path))
    assert ids.parse_route(ids.route_key(service, method, path)) == (service, method, ids.path_key(path))


@given(paths(), NAME)
def test_the_name_of_a_parameter_is_no_part_of_a_key(path: str, name: str) -> None:
    renamed = path
    for known, _ in ids.parameters(path):
        renamed = renamed.replace("{" + known + "}", "{" + name + "}").replace("{" + known + ":", "{" + name + ":")

    assert ids.path_key(renamed) == ids.path_key(path)


@given(paths())
def test_a_key_keeps_what_changes_the_match(path: str) -> None:
    assert ids.path_key(path + "/x") != ids.path_key(path)
    assert ids.path_key("/{n:int}" + path) != ids.path_key("/{n}" + path)
    assert ids.path_key("/{n:str}" + path) == ids.path_key("/{n}" + path)


@given(text(max_size=60))
def test_any_text_is_an_id_or_none(given_text: str) -> None:
    found = ids.parse_route(given_text)

    assert found is None or str(found) == given_text
