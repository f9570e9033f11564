"""What is left of a decision about many rows, once everything but their columns is known.

It is the decision of `Decider.decide`, row by row: some grant holds, and every deny rule has a value and does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nomoat.policy.decide import Clause, Decider
from nomoat.policy.filters import form
from nomoat.policy.filters.form import ALWAYS, NEVER, Form, Kind
from nomoat.policy.filters.partial import Judged, Partial
from nomoat.policy.inputs import Inputs, asked

RESOURCE = "resource."


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows are allowed. `missing` are attributes of the resource for want of which none ever is."""

    form: Form
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Residual:
    """One permission asked by one caller. `read` has the inputs of its conditions, as a decision records them."""

    granting: tuple[Clause, ...]
    denying: tuple[Clause, ...]
    attributes: Mapping[str, object]
    read: Mapping[str, str | int | bool]

    @property
    def constants(self) -> dict[str, object]:
        """Attributes that are the same for every row, as far as a condition reads them."""
        return {
            name.removeprefix(RESOURCE): value for name, value in self.attributes.items() if name.startswith(RESOURCE)
        }

    @property
    def granted_by(self) -> tuple[str, ...]:
        """Every grant that may show a row."""
        return tuple(dict.fromkeys(clause.name for clause in self.granting))

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that wait for a row, each with who is granted by it, or `deny`: for people, and the record."""
        waiting = [one for one in (*self.granting, *self.denying) if one.condition and one.condition.reads_resource]
        return tuple(f"{one.name} when {one.grant.when.strip()}" for one in waiting)

    def rows(self, kinds: Mapping[str, Kind]) -> Rows:
        """The rows that are allowed, by columns of these types: `{"owner": "text"}`.

        Raises:
            FilterError: a condition asks what no database is asked for.
            ColumnTypeError: a column's type is none that its condition ever compares.
        """
        open_kinds = {RESOURCE + name: kind for name, kind in kinds.items()}
        denying, missing = self._denying(open_kinds)
        if denying == NEVER:
            return Rows(NEVER, missing)
        granting, missing = self._granting(open_kinds)
        found = form.all_of(granting, denying)
        return Rows(found, missing if granting == NEVER else ())

    def _denying(self, kinds: Mapping[str, Kind]) -> tuple[Form, tuple[str, ...]]:
        forms: list[Form] = []
        for clause in self.denying:
            judged, missing = self._judged(clause, kinds)
            forms.append(form.all_of(judged.defined, judged.false))
            if forms[-1] == NEVER:
                return NEVER, missing
        return form.all_of(*forms), ()

    def _granting(self, kinds: Mapping[str, Kind]) -> tuple[Form, tuple[str, ...]]:
        forms: list[Form] = []
        absent: dict[str, None] = {}
        # Those that read no resource come first: one that holds makes every other superfluous.
        for clause in sorted(self.granting, key=lambda one: one.condition is not None and one.condition.reads_resource):
            judged, missing = self._judged(clause, kinds)
            forms.append(form.all_of(judged.defined, judged.true))
            absent.update(dict.fromkeys(missing))
            if forms[-1] == ALWAYS:
                break
        return form.any_of(*forms), tuple(absent)

    def _judged(self, clause: Clause, kinds: Mapping[str, Kind]) -> tuple[Judged, tuple[str, ...]]:
        if clause.condition is None:
            return Judged(ALWAYS, ALWAYS, NEVER), ()
        partial = Partial(self.attributes, kinds, where=clause.grant.at or clause.name)
        return partial.judged(clause.condition.tree), tuple(name.removeprefix(RESOURCE) for name in partial.missing)


def residual(
    decider: Decider,
    *,
    subject: str,
    roles: tuple[str, ...],
    permission: str,
    attributes: Mapping[str, object],
    constants: Mapping[str, object],
    columns: Iterable[str],
) -> Residual:
    """What is left of a decision.

    Args:
        decider: the compiled policy.
        subject: as `Decider.decide` takes it; so are `roles` and `attributes`.
        roles: what `roles_of` gave.
        permission: the one that is asked for.
        attributes: flat, without those of the resource.
        constants: attributes that are the same for every row, without their namespace.
        columns: the names of those that each row has its own of.
    """
    granting = decider.granted(subject, roles, permission)
    denying = decider.denying(permission)
    inputs = Inputs(decider.with_included, subject, roles, attributes, constants)
    known: dict[str, object] = {}
    for clause in (*granting, *denying):
        if clause.condition is not None:
            known.update(inputs.of(clause.condition))
    open_names = frozenset(RESOURCE + name for name in columns)
    read = {name: value for name, value in inputs.recorded().items() if name not in {asked(one) for one in open_names}}
    return Residual(granting, denying, {name: known[name] for name in known if name not in open_names}, read)
