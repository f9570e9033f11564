"""Names as a policy writes them: permissions, roles and services, with what is wrong with one."""

from __future__ import annotations

import re
from pathlib import PurePath

from nomoat.datafile import Node, Place, Reader, Value, did_you_mean
from nomoat.policy.model import RESERVED
from nomoat.policy.wildcards import is_well_formed, is_wildcard

MAX_NAME = 200
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Names:
    """Reads names with one reader, which collects every mistake."""

    def __init__(self, reader: Reader, services: tuple[str, ...]) -> None:
        self._reader = reader
        self.services = services

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """The items of a list; one text alone counts as a list of one."""
        if isinstance(node, Value) and isinstance(node.data, str):
            return (node,)
        return self._reader.sequence(node, what)

    def permission(self, node: Node | None, what: str, *, star: bool = False) -> str | None:
        """The name of a permission; None after a mistake. `star`: one may stand at its end (`orders:*`)."""
        name = self._reader.text(node, what)
        if name is None or node is None:
            return None
        if name in RESERVED:
            self._reader.mistake(f"'{name}' is no permission", node, "it is what a route demands: write it in routes:")
            return None
        if star and is_wildcard(name):
            if not is_well_formed(name):
                fix = "a star stands alone, or at the end and after a colon: orders:*"
                self._reader.mistake(f"'{name}' is no name of a permission", node, fix)
                return None
            return name if self.checked(name.rstrip("*") or "all", node.place, "a permission") else None
        return name if self.checked(name, node.place, "a permission") else None

    def checked(self, name: str, place: Place, what: str) -> bool:
        """Whether a text may be a name."""
        if "*" in name:
            self._reader.mistake(
                f"'{name}' is no name of {what}",
                place,
                "a star stands in a grant or a deny rule, after a colon; elsewhere names are exact",
            )
            return False
        if not name.strip() or name != name.strip() or CONTROL.search(name) or len(name) > MAX_NAME:
            self._reader.mistake(
                f"'{name}' is no name of {what}",
                place,
                f"no spaces at its ends, no control characters, at most {MAX_NAME} characters",
            )
            return False
        return True

    def service(self, node: Node | None, what: str) -> str | None:
        """The name of a service of `services:`; None after a mistake."""
        name = self._reader.text(node, what)
        if name is None or node is None or self.known_service(name, node.place):
            return name
        return None

    def known_service(self, name: str, place: Place) -> bool:
        """Whether `services:` has a name."""
        if name in self.services:
            return True
        fix = did_you_mean(name, self.services) or "name it in services:"
        self._reader.mistake(f"unknown service '{name}'", place, fix)
        return False


def place_of(place: Place) -> str:
    """`nomoat.yaml:18`: the name of the file and the line."""
    return f"{PurePath(place.file).name}:{place.line}"
