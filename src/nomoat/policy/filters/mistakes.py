"""What keeps a decision from becoming a filter: what no database is asked for, or a column of a wrong type."""

from __future__ import annotations

from nomoat.errors import NomoatError


class FilterError(NomoatError):
    """A condition cannot be handed to a database, or a database cannot be asked exactly what it says."""


class ColumnTypeError(NomoatError):
    """A column is of a type that its condition never compares. `name` is the attribute, without its namespace."""

    def __init__(self, name: str, kind: str, wanted: str, *, where: str) -> None:
        super().__init__(
            f"{name} is a {kind} column, and the condition needs {wanted}: it would never hold", where=where,
            fix=f"hand in a column of that type, or cast it: {name}=cast(...)",
        )  # fmt: skip
        self.name = name
        self.wanted = wanted
