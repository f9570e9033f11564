"""Prints docs/reference/rules.md from the rules themselves: `python -m nomoat.check.reference`."""

from __future__ import annotations

from nomoat.check import registry, suppress
from nomoat.check.model import Rule

_HEAD = """# The rules

Made from the rule files by `python -m nomoat.check.reference`; a test holds this page to them. `nomoat explain RULE`
shows the example of a rule too. Severity says how bad it is, confidence how sure nomoat is: the report shows what is
*sure* unless `--confidence` asks for more.

| rule | severity | confidence | CWE | kind |
| --- | --- | --- | --- | --- |
"""


def render() -> str:
    """The page: a table of all shipped rules, then each with why, fix and what it stands for."""
    rules = list(registry.load(None).values())
    rows = [
        f"| [{rule.id}](#{rule.id}) | {rule.severity} | {rule.confidence} | {rule.cwe} | {rule.kind} |"
        for rule in rules
    ]
    return _HEAD + "\n".join(rows) + "\n" + "".join(_section(rule) for rule in rules) + _suppressions()


def _section(rule: Rule) -> str:
    names = [f"CWE-{rule.cwe}", *(f"OWASP {name}" for name in rule.owasp), *(f"ASVS {name}" for name in rule.asvs)]
    return (
        f"\n## {rule.id}\n\n{rule.title}. {rule.severity}; {', '.join(names)}.\n\n"
        f"Why: {' '.join(rule.why.split())}\n\nFix: {' '.join(rule.fix.split())}\n"
    )


def _suppressions() -> str:
    said = ["\n## About suppressions\n\nPart of the engine, without a file; see [how to suppress a finding]"]
    said.append("(../how-to/suppress-a-finding.md).\n\n| rule | severity | why |\n| --- | --- | --- |\n")
    for name in suppress.RULES:
        severity, why, _ = suppress.explained(name) or ("", "", "")
        said.append(f"| {name} | {severity} | {why} |\n")
    return "".join(said)


if __name__ == "__main__":
    print(render(), end="")
