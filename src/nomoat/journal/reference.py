"""Writes the reference page of the facts from their classes, so that it cannot differ from them.

`python -m nomoat.journal.reference > docs/reference/facts.md`; a test holds the page to it.
"""

from __future__ import annotations

import inspect
from dataclasses import MISSING, Field, fields
from typing import Any, get_args

from nomoat.journal.codec import plain
from nomoat.journal.facts import KINDS, Decision, Fact, OpenFinding, Reason

_HEAD = """\
# Facts

Every kind of record that the [journal](journal.md) keeps. This page is made from the code
(`python -m nomoat.journal.reference`).

- A kind has a **format**, a number. Within a format fields are added, never renamed, removed or reused.
- A body is JSON. A field at its default is left out, so a default never changes.
- A reader ignores fields that it does not know, keeps words that it does not know (a newer reason), and shows kinds and
  formats that it does not know as `unknown`, with their body. Two versions of nomoat may write one store.
- Times are RFC 3339, UTC, microseconds. `happened_at` is by the clock of the source; the store adds `recorded_at`,
  which never decreases.
- `nomoat journal export` writes one object a line: the fields below, and `store`, `position`, `recorded_at`, `kind`,
  `format` and `idempotency_key` at the same level; people are hidden unless `--plain` is said.
  A blanked fact has `"blanked": true` instead of its fields.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    parts += [_section(f"`{kind.kind}`, format {kind.format}", kind) for kind in KINDS.values()]
    parts.append(_section("A finding inside `checked`", OpenFinding))
    parts.append(f"## Reasons of a decision\n\n{', '.join(f'`{reason}`' for reason in get_args(Reason))}\n")
    parts.append(f"## An example\n\n```json\n{_example()}\n```\n")
    return "\n".join(parts)


def _section(title: str, kind: type[Fact] | type[OpenFinding]) -> str:
    said = inspect.cleandoc(kind.__doc__ or "")
    rows = [_row(field) for field in fields(kind) if field.name != "happened_at"]
    return f"## {title}\n\n{said}\n\n| field | type | default |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _row(field: Field[Any]) -> str:
    kind = str(field.type).replace("|", "\\|").replace('"', "'")
    return f"| `{field.name}` | `{kind}` | {_default(field)} |"


def _default(field: Field[Any]) -> str:
    if field.default_factory is not MISSING:
        return "empty"
    if field.default is MISSING:
        return "required"
    if field.default in ("", ()):
        return "empty"
    return f"`{field.default}`"


def _example() -> str:
    import json

    decision = Decision(
        happened_at="2026-11-24T23:41:05.000120Z",
        request="4f1c",
        service="shop",
        target="route:shop/GET /orders/{order_id}",
        method="GET",
        subject="user:main/mallory",
        params={"order_id": "4711"},
        outcome="allow",
        enforced=True,
        reason="granted",
        grants=("customer may orders:read",),
        status=200,
    )
    place = {"position": "812", "recorded_at": "2026-11-24T23:41:05.000731Z", "kind": "decision", "format": 1}
    return json.dumps({**place, "idempotency_key": None, **plain(decision)}, indent=1)


if __name__ == "__main__":
    print(page(), end="")
