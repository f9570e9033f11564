"""A playbook as its file states it: roles, parameters, steps, escalation, messages. Never run from here.

Takes a YAML file through `datafile`; gives a frozen Playbook, or a DataFileError with every mistake.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

from nomoat import datafile
from nomoat.datafile import Node, Place, Reader
from nomoat.errors import DataFileError, NomoatError
from nomoat.respond.values import TYPES, placeholders

StepKind: TypeAlias = Literal[
    "ask", "manual", "approve", "evidence", "run", "block", "revoke", "logging", "notify", "monitor"
]
Phase: TypeAlias = Literal["identify", "preserve", "contain", "eradicate", "recover", "communicate", "review"]

KINDS: tuple[str, ...] = get_args(StepKind)
PHASES: tuple[str, ...] = get_args(Phase)
#: Kinds of steps that change something; evidence comes before the first of them.
CHANGING = frozenset(("block", "revoke", "logging", "run"))
#: What may be done where nobody is asked: it takes nothing away, tells somebody, or ends by itself.
AUTOMATIC = frozenset(("evidence", "notify", "block"))
ROLES = ("commander", "responder", "communicator", "scribe")
#: What an evidence step can collect by itself, without a command.
COLLECTORS = ("alert", "decisions", "policy", "map", "findings", "settings")
#: The `verify` of a change that guarded workers must have: asked of them, no command.
WORKERS_HAVE_IT = "workers-have-it"
FORMAT = 1
SHIPPED = Path(__file__).parent / "playbooks"

_KEYS = (
    *("format", "title", "summary", "roles", "severity", "parameters", "steps", "escalation", "messages", "recovery"),
    *("reviewed", "covert"),
)
_STEP_KEYS = (
    *("id", "title", "phase", "kind", "why", "who", "auto", "gate", "urgent", "command", "collect", "target", "for"),
    *("message", "channel", "question", "answers", "breaks", "verify", "undo", "changes", "only_if"),
)
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A typed value that steps may use: its type, and which field of the alert gives it (empty: a person does)."""

    name: str
    type: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `command` is an argument list; `{name}` in an argument is a parameter, never more."""

    id: str
    title: str
    phase: Phase
    kind: StepKind
    why: str
    place: Place
    who: str = "responder"
    auto: bool = False
    gate: bool = False
    urgent: str = ""
    command: tuple[str, ...] = ()
    collect: tuple[str, ...] = ()
    target: str = ""
    for_s: float = 3600.0
    message: str = ""
    channel: str = ""
    question: str = ""
    answers: tuple[str, ...] = ()
    breaks: str = ""
    verify: tuple[str, ...] = ()
    undo: str = ""
    changes: bool = False
    #: The question and the answer that this step is for; of another answer it is skipped.
    only_if: tuple[str, str] | None = None

    @property
    def is_change(self) -> bool:
        """True where the step changes something outside of the incident."""
        return self.changes or self.kind in ("block", "revoke", "logging")


@dataclass(frozen=True, slots=True)
class EscalationRule:
    """Nobody acknowledged after `after_s`: tell `to`."""

    after_s: float
    to: str


@dataclass(frozen=True, slots=True)
class Playbook:
    """A whole playbook. `text` is the file as it was read: an incident pins its hash."""

    id: str
    title: str
    summary: str
    roles: tuple[str, ...]
    severity: tuple[tuple[str, str], ...]
    parameters: Mapping[str, Parameter]
    steps: tuple[Step, ...]
    escalation: tuple[EscalationRule, ...]
    messages: Mapping[str, str]
    recovery: tuple[str, ...]
    reviewed: str
    text: str
    file: str
    #: Who it is about must not notice: messages go only where a channel is named, and name nothing.
    covert: bool = False

    @property
    def hash(self) -> str:
        """`sha256:` of the file's text."""
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()

    def step(self, name: str) -> Step:
        """A step by its id."""
        return next(step for step in self.steps if step.id == name)


def folder(root: Path) -> Path:
    """Where a project keeps its own playbooks."""
    return root / ".nomoat" / "playbooks"


def files(root: Path | None) -> dict[str, Path]:
    """Every playbook by its id; a project's own of the same name replaces the shipped one."""
    found = {path.stem: path for path in sorted(SHIPPED.glob("*.yaml")) if not path.stem.endswith(".drill")}
    if root is not None and folder(root).is_dir():
        own = {p.stem: p for p in sorted(folder(root).glob("*.yaml")) if not p.stem.endswith(".drill")}
        found |= own
    return found


def find(name: str, root: Path | None) -> Playbook:
    """A playbook by its id. Raises NomoatError with the nearest name, DataFileError."""
    known = files(root)
    if name not in known:
        raise NomoatError(f"no playbook is called '{name}'", where="playbook", fix=datafile.did_you_mean(name, known))
    return load(known[name])


def load(path: Path) -> Playbook:
    """The playbook of a file. Raises DataFileError with every mistake."""
    node = datafile.load(path)
    return read(node, id=path.stem, text=path.read_text(encoding="utf-8"), file=str(path))


def parse(text: str, *, id: str) -> Playbook:
    """A playbook from text, as it was pinned by an incident."""
    return read(datafile.parse(text, name=f"{id}.yaml"), id=id, text=text, file=f"{id}.yaml")


def read(node: Node, *, id: str, text: str, file: str) -> Playbook:
    """The playbook of a parsed document."""
    reader = Reader(DataFileError)
    fields = reader.mapping(node, "a playbook", known=_KEYS)
    if fields is None:
        reader.finish()
        raise AssertionError("a document that is no map is a mistake")
    version = reader.integer(fields.get("format"), "format", least=1)
    if version is not None and version > FORMAT:
        reader.mistake(f"format {version} is newer than this nomoat", fields.get("format") or node, "upgrade nomoat")
    parameters = _parameters(fields.get("parameters"), reader)
    steps = tuple(
        s for n in reader.sequence(fields.get("steps"), "steps") if (s := _step(n, parameters, reader)) is not None
    )
    seen: set[str] = set()
    for step in steps:
        if step.id in seen:
            reader.mistake(f"two steps are called '{step.id}'", step.place, "name each step differently")
        seen.add(step.id)
    _answerable(steps, reader)
    messages: dict[str, str] = {}

    def message(name: str, value: Node, _place: Place) -> None:
        found = reader.text(value, f"message {name}")
        if found is not None:
            messages[name] = found
            _known_placeholders(found, parameters, value, reader)

    reader.each(fields.get("messages"), "messages", message)
    for step in steps:
        if step.message and step.message not in messages:
            reader.mistake(
                f"no message is called '{step.message}'", step.place, datafile.did_you_mean(step.message, messages)
            )
    playbook = Playbook(
        id=id,
        title=reader.text(fields.get("title"), "title") or id,
        summary=reader.text(fields.get("summary"), "summary") or "",
        roles=reader.texts(fields.get("roles"), "roles") or ROLES,
        severity=tuple(_severity(n, reader) for n in reader.sequence(fields.get("severity"), "severity")),
        parameters=parameters,
        steps=steps,
        escalation=tuple(
            e
            for n in reader.sequence(fields.get("escalation"), "escalation")
            if (e := _escalation(n, reader)) is not None
        ),
        messages=messages,
        recovery=reader.texts(fields.get("recovery"), "recovery"),
        reviewed=_reviewed(fields.get("reviewed"), reader),
        text=text,
        file=file,
        covert=reader.boolean(fields.get("covert"), "covert") or False,
    )
    for step in steps:
        if playbook.covert and step.kind == "notify" and not step.channel:
            reader.mistake(f"step {step.id} tells everybody, and this is covert", step.place, "channel: ...")
    reader.finish()
    return playbook


def _parameters(node: Node | None, reader: Reader) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}

    def one(name: str, value: Node, _place: Place) -> None:
        fields = reader.mapping(value, f"parameter {name}", known=("type", "from"))
        if fields is None:
            return
        kind = reader.choice(fields.get("type"), "type", TYPES)
        if kind is None:
            if "type" not in fields:
                reader.mistake(f"parameter {name} has no type", value, f"type: {datafile.listed(TYPES)}")
            return
        found[name] = Parameter(name, kind, reader.text(fields.get("from"), "from") or "")

    reader.each(node, "parameters", one)
    return found


def _step(node: Node, parameters: Mapping[str, Parameter], reader: Reader) -> Step | None:
    fields = reader.mapping(node, "a step", known=_STEP_KEYS)
    if fields is None:
        return None
    name, title = reader.text(fields.get("id"), "id"), reader.text(fields.get("title"), "title")
    phase, kind = reader.choice(fields.get("phase"), "phase", PHASES), reader.choice(fields.get("kind"), "kind", KINDS)
    for key in ("id", "title", "phase", "kind"):
        if key not in fields:
            reader.mistake(f"a step has no {key}", node)
    if name is not None and not _ID.match(name):
        reader.mistake(f"'{name}' is no id of a step", fields.get("id") or node, "use kebab-case: keep-decisions")
    collect = reader.texts(fields.get("collect"), "collect")
    for one in collect:
        if one not in COLLECTORS:
            reader.mistake(
                f"nothing collects '{one}'", fields.get("collect") or node, datafile.did_you_mean(one, COLLECTORS)
            )
    command, verify = reader.texts(fields.get("command"), "command"), reader.texts(fields.get("verify"), "verify")
    texts = (*command, *verify, reader.text(fields.get("target"), "target") or "")
    for one in texts:
        _known_placeholders(one, parameters, node, reader)
    if name is None or title is None or phase is None or kind is None:
        return None
    return Step(
        id=name,
        title=title,
        phase=cast(Phase, phase),
        kind=cast(StepKind, kind),
        why=reader.text(fields.get("why"), "why") or "",
        place=node.place,
        who=reader.text(fields.get("who"), "who") or "responder",
        auto=reader.boolean(fields.get("auto"), "auto") or False,
        gate=reader.boolean(fields.get("gate"), "gate") or False,
        urgent=reader.text(fields.get("urgent"), "urgent") or "",
        command=command,
        collect=collect,
        target=reader.text(fields.get("target"), "target") or "",
        for_s=reader.duration_s(fields.get("for"), "for") or 3600.0,
        message=reader.text(fields.get("message"), "message") or "",
        channel=reader.text(fields.get("channel"), "channel") or "",
        question=reader.text(fields.get("question"), "question") or "",
        answers=reader.texts(fields.get("answers"), "answers"),
        breaks=reader.text(fields.get("breaks"), "breaks") or "",
        verify=verify,
        undo=reader.text(fields.get("undo"), "undo") or "",
        changes=reader.boolean(fields.get("changes"), "changes") or False,
        only_if=_only_if(fields.get("only_if"), reader),
    )


def _only_if(node: Node | None, reader: Reader) -> tuple[str, str] | None:
    fields = reader.mapping(node, "only_if")
    if fields is None:
        return None
    found = [(name, reader.text(value, f"only_if {name}")) for name, value in fields.items()]
    if len(found) != 1 or found[0][1] is None:
        reader.mistake("only_if needs one question and its answer", fields, 'only_if: {is-it-real: "real"}')
        return None
    return found[0][0], found[0][1]


def _answerable(steps: tuple[Step, ...], reader: Reader) -> None:
    """Each `only_if` names a question that was asked before, and an answer of it."""
    answers: dict[str, tuple[str, ...]] = {}
    for step in steps:
        if step.only_if is not None and step.only_if[1] not in answers.get(step.only_if[0], ()):
            reader.mistake(
                f"step {step.id}: no question before it is called '{step.only_if[0]}' and answered '{step.only_if[1]}'",
                step.place, f"questions are {datafile.listed(answers) or 'none'}",
            )  # fmt: skip
        if step.kind == "ask":
            answers[step.id] = step.answers or ("yes", "no", "unsure")


def _known_placeholders(text: str, parameters: Mapping[str, Parameter], place: Node, reader: Reader) -> None:
    for name in placeholders(text):
        if name not in parameters and name not in BUILT_IN:
            reader.mistake(
                f"'{{{name}}}' is no parameter", place, datafile.did_you_mean(name, [*parameters, *BUILT_IN])
            )


#: Values every incident has.
BUILT_IN = ("incident", "severity", "detected_at", "reached", "summary", "commander", "containment")


def _severity(node: Node, reader: Reader) -> tuple[str, str]:
    fields = reader.mapping(node, "a row of severity", known=("if", "is"))
    if fields is None:
        return "", ""
    level = reader.choice(fields.get("is"), "severity", ("low", "medium", "high", "critical")) or ""
    return reader.text(fields.get("if"), "if") or "", level


def _escalation(node: Node, reader: Reader) -> EscalationRule | None:
    fields = reader.mapping(node, "an escalation", known=("after", "to"))
    if fields is None:
        return None
    after, to = reader.duration_s(fields.get("after"), "after"), reader.text(fields.get("to"), "to")
    return EscalationRule(after, to) if after is not None and to is not None else None


def _reviewed(node: Node | None, reader: Reader) -> str:
    fields = reader.mapping(node, "reviewed", known=("by", "on", "every"))
    return (reader.text(fields.get("on"), "on") or "") if fields is not None else ""
