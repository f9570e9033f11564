"""A second, naive reading of the same rules: slow, short, and written apart from the code it judges."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from nomoat.policy.model import Grant, Policy

#: Stands for a condition that fails: neither true nor false.
FAILED = "failed"

Tree = tuple[object, ...]


@dataclass(frozen=True)
class Verdict:
    """What `decide` has to say."""

    outcome: str
    reason: str
    needs: frozenset[str] = frozenset()


def value_of(tree: Tree, attributes: Mapping[str, object]) -> object:
    """A condition's tree by its definition: failures are never absorbed, types never mix."""
    kind, *parts = tree
    if kind == "literal":
        return parts[0]
    if kind == "name":
        return attributes.get(str(parts[0]), FAILED_VALUE)
    if kind == "has":
        return parts[0] in attributes
    if kind in ("&&", "||"):
        return _joined(str(kind), [part for part in parts if isinstance(part, tuple)], attributes)
    values = [value_of(part, attributes) for part in parts if isinstance(part, tuple)]
    if any(value is FAILED_VALUE for value in values):
        return FAILED_VALUE
    if kind == "!":
        return (not values[0]) if isinstance(values[0], bool) else FAILED_VALUE
    return _related(str(kind), values[0], values[1])


FAILED_VALUE = object()


def _joined(kind: str, parts: list[Tree], attributes: Mapping[str, object]) -> object:
    """All sides are asked, but for those to the right of a `has(...)` that decides."""
    values: list[bool] = []
    for part in parts:
        value = value_of(part, attributes)
        if not isinstance(value, bool):
            return FAILED_VALUE
        values.append(value)
        if _is_guard(part) and value is (kind == "||"):
            break
    return all(values) if kind == "&&" else any(values)


def _is_guard(tree: Tree) -> bool:
    return tree[0] == "has" or (tree[0] == "!" and isinstance(tree[1], tuple) and tree[1][0] == "has")


def _related(kind: str, left: object, right: object) -> object:
    if kind == "in":
        if not isinstance(right, tuple) or type(left) not in (str, int, bool):
            return FAILED_VALUE
        return left in right if all(type(item) is type(left) for item in right) else FAILED_VALUE
    if type(left) is not type(right) or type(left) not in (str, int, bool):
        return FAILED_VALUE
    if kind in ("==", "!="):
        return (left == right) is (kind == "==")
    if isinstance(left, bool):
        return FAILED_VALUE
    order = (left > right) - (left < right)  # type: ignore[operator]  # both are text or both numbers here
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[kind]


def holds(tree: Tree, attributes: Mapping[str, object]) -> object:
    """True, False or FAILED."""
    value = value_of(tree, attributes)
    return value if isinstance(value, bool) else FAILED


def written(tree: Tree) -> str:
    """A tree as the text of a condition, every part in parentheses."""
    kind, *parts = tree
    if kind == "literal":
        return _literal(parts[0])
    if kind == "name":
        return str(parts[0])
    if kind == "has":
        return f"has({parts[0]})"
    texts = [written(part) for part in parts if isinstance(part, tuple)]
    if kind == "!":
        return f"!({texts[0]})"
    if kind in ("&&", "||"):
        return f" {kind} ".join(f"({text})" for text in texts)
    return f"{texts[0]} {kind} {texts[1]}"


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def included(policy: Policy, roles: tuple[str, ...]) -> set[str]:
    """The roles and all they include, by repeating until nothing changes."""
    found = set(roles)
    while True:
        more = found | {name for role in policy.roles if role.name in found for name in role.includes}
        if more == found:
            return found
        found = more


def verdict(
    policy: Policy,
    trees: Mapping[str, Tree],
    *,
    service: str,
    subject: str,
    roles: tuple[str, ...],
    permissions: tuple[str, ...],
    attributes: Mapping[str, object],
    resource: Mapping[str, object] | None,
) -> Verdict:
    """The answer by the contract's words. `trees` has the tree of each condition's text."""
    everything = dict(attributes)
    everything["subject.id"] = subject
    everything["subject.sub"] = subject.split("/", 1)[-1] if subject.startswith("user:") else subject.split(":")[-1]
    everything["subject.roles"] = tuple(included(policy, roles))
    everything.update({f"resource.{name}": value for name, value in (resource or {}).items()})

    def result(when: str) -> object:
        if not when:
            return True
        if resource is None and "resource." in when:
            return "waits"
        return holds(trees[when], everything)

    verdicts = [_one(policy, service, subject, roles, permission, result) for permission in permissions]
    for one in verdicts:
        if one.outcome == "deny":
            return one
    if not verdicts:
        return Verdict("deny", "no-grant")
    needs = frozenset(itertools.chain.from_iterable(one.needs for one in verdicts))
    return Verdict("deferred", "depends-on-resource", needs) if needs else Verdict("allow", "granted")


def _one(  # type: ignore[no-untyped-def]  # `result` is the closure above
    policy: Policy, service: str, subject: str, roles: tuple[str, ...], permission: str, result
) -> Verdict:
    names = included(policy, roles)
    grants: list[Grant] = [g for role in policy.roles if role.name in names for g in role.grants]
    grants += [g for c in policy.calls if f"service:{c.caller}" == subject and c.to == service for g in c.grants]
    fitting = [result(grant.when) for grant in grants if grant.permission == permission]
    if not fitting:
        return Verdict("deny", "no-grant")
    denies = [result(rule.when) for rule in policy.denies if rule.permission == permission]
    for found in denies:
        if found is True:
            return Verdict("deny", "denied-by-rule")
        if found == FAILED:
            return Verdict("deny", "condition-error")
    if True in fitting:
        waits = "waits" in denies
        return (
            Verdict("deferred", "depends-on-resource", frozenset((permission,)))
            if waits
            else Verdict("allow", "granted")
        )
    if "waits" in fitting:
        return Verdict("deferred", "depends-on-resource", frozenset((permission,)))
    return Verdict("deny", "condition-error" if FAILED in fitting else "condition-false")
