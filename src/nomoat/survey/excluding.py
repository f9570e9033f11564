"""What a person leaves out of a tree, as `nomoat.yaml` says it."""

from __future__ import annotations

from nomoat.datafile import Mapping, Sequence
from nomoat.datafile import Value as Scalar
from nomoat.settings import Settings
from nomoat.survey.python.sources import Exclusion


def exclusions(settings: Settings | None) -> tuple[Exclusion, ...]:
    """The patterns under `check: exclude:`, each with its reason."""
    check = settings.section("check") if settings is not None else None
    listed = check.get("exclude") if isinstance(check, Mapping) else None
    found: list[Exclusion] = []
    for entry in listed if isinstance(listed, Sequence) else ():
        fields = (
            {key: value.data for key, value in entry.items() if isinstance(value, Scalar)}
            if isinstance(entry, Mapping)
            else {}
        )
        if isinstance(entry, Scalar) and isinstance(entry.data, str):
            found.append(Exclusion(entry.data))
        elif isinstance(fields.get("path"), str):
            found.append(Exclusion(str(fields["path"]), str(fields.get("because") or "")))
    return tuple(found)
