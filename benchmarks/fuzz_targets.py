"""The places where bytes come in, for `fuzz.py`: for each its seeds, and a function that gives it one case.

A target's function gives the texts that people would read of a case. It raises `FaultError` where something went
wrong that no exception tells: a fault that was caught on its way, or an answer that guard must not give.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import os
import shutil
import sqlite3
import sys
import time
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from contextlib import closing
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote_to_bytes

import nomoat
from nomoat import datafile
from nomoat import settings as settings_file
from nomoat.appmap import codec, diff, query, show
from nomoat.appmap.model import Map
from nomoat.errors import NomoatError, printable
from nomoat.journal import codec as facts_codec
from nomoat.journal import facts, lines, ports, upkeep
from nomoat.journal.journal import open_store

SOURCE = Path(nomoat.__file__).parent
REPOSITORY = Path(__file__).resolve().parent.parent
SHOP = SOURCE / "demo" / "shop"
TODAY = date(2026, 11, 25)
NOW = "2026-11-25T12:00:00.000000Z"


class FaultError(Exception):
    """What must not be, though no exception left the code."""


@dataclass(frozen=True, slots=True)
class Target:
    """Undamaged inputs by name, and what gives one (damaged or not) to the code."""

    seeds: dict[str, bytes]
    run: Callable[[str, bytes], Iterable[str]]


def _files(*patterns: str, root: Path = SOURCE) -> dict[str, bytes]:
    found = (path for pattern in patterns for path in sorted(root.glob(pattern)))
    return {str(path.relative_to(root)): path.read_bytes() for path in found if path.stat().st_size < 60_000}


def _yaml_blocks() -> dict[str, bytes]:
    """Every block of YAML of the documentation that is a nomoat.yaml."""
    found = {"demo": (SHOP / "nomoat.yaml").read_bytes(), "fixed": (SHOP / "fixed" / "nomoat.yaml").read_bytes()}
    for page in sorted((REPOSITORY / "docs").rglob("*.md")):
        for number, block in enumerate(page.read_text().split("```yaml\n")[1:]):
            found[f"{page.name}:{number}"] = block.partition("```")[0].encode()
    return found


# -- files of data ---------------------------------------------------------------------------------------------------


def data_file(_folder: Path) -> Target:
    """`datafile.parse`, and the plain values of what it gives."""
    seeds = _files("**/*.yaml") | {"json": b'{"roles": {"admin": ["read", "write"], "user": ["\\ud83d\\ude00"]}}'}

    def run(_name: str, data: bytes) -> Iterable[str]:
        node = datafile.parse(data, name="x.yaml")
        yield str(len(repr(datafile.plain(node))))

    return Target(seeds, run)


def sections(folder: Path) -> Target:
    """`nomoat.yaml` through every reader of its sections; then the policy decides, is asked and is trimmed."""
    from nomoat.cli import mistakes
    from nomoat.cli.main import main
    from nomoat.journal import retention
    from nomoat.policy import document, learn, model, questions
    from nomoat.policy.decide import compile_policy
    from nomoat.watch import registry
    from nomoat.watch.settings import apply
    from nomoat.watch.settings import read as read_watch

    drawn, detections, file = _shop_map(), registry.load(None), folder / "nomoat.yaml"

    def run(_name: str, data: bytes) -> Iterable[str]:
        file.write_bytes(data)
        problems = mistakes.of_file(file)
        yield from map(str, problems)
        settings = settings_file.load(file)
        retention.limits(settings)
        apply(detections, read_watch(settings))
        policy = document.read(settings)
        yield from (str(one) for one in questions.ask(drawn, policy, today=TODAY))
        again = model.loads(policy.text)
        if again.hash != policy.hash:
            raise FaultError("a policy that was stored is another one when it is read again")
        decider = compile_policy(policy)
        for role in (*policy.roles, "nobody"):
            for permission in (*sorted(policy.permissions), "x")[:20]:
                decider.decide(
                    subject="user:main/ana", roles=(str(role),), permissions=(permission,), attributes=_ATTRIBUTES
                )
        learn.reduced(policy, set())
        for words in (["doctor"], ["map"], ["policy", "check"]):
            _faultless(main(words))

    return Target(_yaml_blocks(), run)


_ATTRIBUTES: dict[str, object] = {"context.hour": 3, "subject.region": "eu", "params.order_id": "4711", "x.y": None}
_CONDITIONS = (
    "resource.owner == subject.sub", "context.hour < 6 && !(subject.region in ['eu', \"us\"])",
    "params.order_id != '4711' || resource.total >= 1000", "'admin' in subject.roles && resource.public == true",
    "not resource.owner == 'ben' and context.hour > -1 or resource.total <= 0", "(((resource.owner == 'a\\'b')))",
    "has(resource.owner) && resource.owner.lowerAscii().startsWith('a' + subject.sub) || !has(subject.region)",
    "context.now - duration('1h30m') < timestamp(resource.total) && context.now.getHours('+01:00') > 9",
    "cidr('10.0.0.0/8').containsIP(resource.owner) || ip(resource.owner).family() == 6 && isIP(params.order_id)",
    "subject.roles.exists(r, r.endsWith('x') || size(r) == int(resource.total)) && subject.groups.all(g, g != 'b')",
    "resource.total + 1 - -resource.total > 9223372036854775807 && string(resource.total) == subject[\"a b\"]",
)  # fmt: skip


def condition(_folder: Path) -> Target:
    """Conditions compiled, and evaluated with attributes of every type."""
    from nomoat.policy import conditions

    values = (
        "ana", "", 0, 3, -(10**30), True, False, None, 1.5, ("a", "b"), ["x"], {"a": 1}, (), float("nan"), "10.0.0.1",
        "2026-11-30T09:00:00.000001Z", 2**63 - 1, ["a", 1, ["b"]], {1, 2}, "\ud800",
    )  # fmt: skip

    def run(_name: str, data: bytes) -> Iterable[str]:
        compiled = conditions.compile(data.decode("utf-8", "surrogateescape"))
        for shift in range(len(values)):
            attributes = {name: values[(shift + at) % len(values)] for at, name in enumerate(compiled.reads)}
            found = compiled.evaluate(attributes)
            if not isinstance(found, bool) and "raised" in found.what:
                raise FaultError(found.what)
        compiled.evaluate({})
        yield ""

    return Target({str(number): text.encode() for number, text in enumerate(_CONDITIONS)}, run)


def _shop_map() -> Map:
    from nomoat.survey.draw import draw

    return draw(SHOP, settings=settings_file.load(SHOP / "nomoat.yaml")).map


def map_file(_folder: Path) -> Target:
    """A map that is read, compared, asked, shown, bound, and written again."""
    from nomoat.policy import document
    from nomoat.policy.bindings import bind

    drawn = _shop_map()
    policy = document.read(settings_file.load(SHOP / "nomoat.yaml"))
    seeds = {"file": codec.file_text(drawn).encode(), "full": json.dumps(codec.full(drawn)).encode()}

    def run(_name: str, data: bytes) -> Iterable[str]:
        found = codec.loads(data)
        if codec.digest(codec.loads(codec.file_text(found))) != codec.digest(found):
            raise FaultError("a map is another one when it was written and read again")
        diff.compare(drawn, found), diff.compare(found, drawn)
        list(bind(found, policy))
        for store in found.stores:
            query.who_can_reach(found, store.id)
        yield show.text(found)

    return Target(seeds, run)


def rule(folder: Path) -> Target:
    """Rules: read, and run over their own example."""
    from nomoat.check import registry
    from nomoat.check.report import plain, sarif, text
    from nomoat.check.scan import scan

    tree = folder / "tree"
    tree.mkdir()

    def run(name: str, data: bytes) -> Iterable[str]:
        path = folder / Path(name).name
        path.write_bytes(data)
        found = registry.load_one(path)
        (tree / "app.py").write_bytes((SOURCE / name).with_suffix(".py").read_bytes())
        result = scan(tree, settings_file.empty(tree), today=TODAY, rules={found.id: found})
        for where, why in result.not_analysed:
            if "failed:" in why:
                raise FaultError(f"{why[:100]} ({where})")
        yield from (render(result, confidence="low") for render in (text.render, plain.render))
        sarif.render(result, confidence="low")

    return Target(_files("check/rules/*/*.yaml"), run)


def framework(folder: Path) -> Target:
    """Models of frameworks."""
    from nomoat.survey import models

    def run(name: str, data: bytes) -> Iterable[str]:
        path = folder / Path(name).name
        path.write_bytes(data)
        models.load([path, *(one for one in models.FOLDER.glob("*.yaml") if one.name != path.name)])
        yield ""

    return Target(_files("survey/frameworks/*.yaml"), run)


def detection(_folder: Path) -> Target:
    """Detections: read, and fed with the events of their example."""
    from nomoat.watch import sigma
    from nomoat.watch.engine import Engine

    def run(name: str, data: bytes) -> Iterable[str]:
        found = sigma.read(datafile.parse(data, name=name), id=Path(name).stem)
        engine = Engine([found])
        for event in _events((SOURCE / name).with_suffix(".jsonl").read_bytes()):
            yield from (str(getattr(out, "severity", "")) for out in engine.feed(event))
            engine.close_episodes(now_s=event.at_s + 100)
        if engine.counts.failed:
            raise FaultError(f"a detection failed: {next(iter(engine.counts.failed))}")

    return Target(_files("watch/detections/*.yaml"), run)


def _events(text: bytes) -> Iterator[Any]:
    from nomoat.watch import events

    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield events.from_line(line, source="x.jsonl", number=number)


def event(_folder: Path) -> Target:
    """Lines of events, fed to every shipped detection."""
    from nomoat.watch import registry
    from nomoat.watch.engine import Engine
    from nomoat.watch.telling import described

    detections = registry.load(None)

    def run(_name: str, data: bytes) -> Iterable[str]:
        engine = Engine([replace(one) for one in detections])
        for found in _events(data):
            for out in engine.feed(found):
                facts_codec.encode(out)
                if isinstance(out, facts.Alert):
                    described(out)
                yield lines.line("1", NOW, out.kind, facts_codec.plain(out))
            engine.close_episodes(now_s=found.at_s)
        if engine.counts.failed:
            raise FaultError(f"a detection failed: {next(iter(engine.counts.failed))}")

    return Target(_files("watch/detections/*.jsonl"), run)


def playbook(folder: Path) -> Target:
    """Playbooks: read, linted and shown."""
    from nomoat.cli.main import main

    drawn = _shop_map()
    own = folder / ".nomoat" / "playbooks"
    own.mkdir(parents=True)
    (folder / "nomoat.yaml").write_text("format: 1\n")

    def run(_name: str, data: bytes) -> Iterable[str]:
        from nomoat.respond import linting

        (own / "api-abuse.yaml").write_bytes(data)
        yield from map(str, linting.lint(own / "api-abuse.yaml", drawn))
        for form in ("text", "json"):
            _faultless(main(["playbook", "show", "api-abuse", "--format", form]))

    return Target({"api-abuse": (SOURCE / "respond/playbooks/api-abuse.yaml").read_bytes()}, run)


def drill(folder: Path) -> Target:
    """Files of drills, played with the shipped playbook (whose steps run nothing) in a store in memory."""
    from nomoat.respond import book, casework, drills, leading
    from nomoat.respond import settings as respond_settings
    from nomoat.respond.doing import Hands
    from nomoat.respond.stepping import Stepper

    shipped = book.load(SOURCE / "respond/playbooks/api-abuse.yaml")
    settings = drills._project(folder)

    def run(_name: str, data: bytes) -> Iterable[str]:
        (folder / "x.drill.yaml").write_bytes(data)
        found = drills.load(folder / "x.drill.yaml")
        with closing(open_store("memory:")) as store:
            alert = facts.Alert(
                **cast(Any, {**_ALERT, **found.alert}),
                first_event_at=NOW,
                last_event_at=NOW,
                observed=1,
                playbook=shipped.id,
            )
            store.append([(alert, None)])
            # A worker that has read everything: what waits for a block to be seen need not wait.
            store.beat("p1", role="guard", service="shop", position="999999")
            numbers = casework.Intake(store, {shipped.id: shipped}).take()
            for number in numbers:
                hands = Hands(settings, respond_settings.read(settings), store, "the drill")
                stepper = Stepper(hands, casework.load(store, number), shipped, drill=True)
                leading.Leader(stepper, leading.Recorded(found.answers)).lead()
            yield printable("\n".join(drills._differences(store, shipped, found)))

    return Target({"api-abuse": (SOURCE / "respond/playbooks/api-abuse.drill.yaml").read_bytes()}, run)


_ALERT = {"detection": "x", "severity": "high", "summary": "x"}


# -- source ----------------------------------------------------------------------------------------------------------


def tree(folder: Path) -> Target:
    """The shop with one damaged file: the map is drawn, the rules run, comments of suppression are read."""
    from nomoat.check.report import plain, sarif, text
    from nomoat.check.scan import scan
    from nomoat.cli.main import main

    root = folder / "tree"
    shutil.copytree(SHOP, root, ignore=shutil.ignore_patterns("fixed"))
    settings = settings_file.load(root / "nomoat.yaml")
    seeds = _files("shop/*.py", "billing/*.py", root=SHOP) | _files("check/rules/*/*.py", "survey/frameworks/*.py")
    seeds |= _files("tests/**/fixtures/**/*.py", root=REPOSITORY)
    seeds["allowed.py"] = (
        b"import jwt\n\n# nomoat: allow-file hard-coded-key -- the demo's own\n"
        b"jwt.decode(a, 'k', options={'verify_signature': False})  # nomoat: allow unverified-jwt -- until 2027-01-01\n"
        b"KEY = 'sk_live_0123456789abcdef'  # nomoat: allow hard-coded-key, sql-injection -- old (until 2020-01-01)\n"
    )

    def run(name: str, data: bytes) -> Iterable[str]:
        path = root / name if (root / name).is_file() else root / "shop" / "extra.py"
        before = path.read_bytes() if path.exists() else None
        path.write_bytes(data)
        try:
            if data[-1:] < b"$":
                _faultless(main(["map", str(root), "--format", "json", "--write"]))
                _faultless(main(["map", str(root), "--all"]))
            result = scan(root, settings, today=TODAY)
        finally:
            path.unlink() if before is None else path.write_bytes(before)
        for where, why in result.not_analysed:
            if "failed:" in why or "fault" in why:
                raise FaultError(f"{why[:100]} ({where.partition(':')[0]})")
        yield from (render(result, confidence="low") for render in (text.render, plain.render))
        json.loads(sarif.render(result, confidence="low"))

    return Target(seeds, run)


# -- the journal -----------------------------------------------------------------------------------------------------


def _fact(kind: str) -> facts.Fact:
    """A fact of a kind with every field filled."""
    import typing

    made: dict[str, Any] = {}
    hints = typing.get_type_hints(facts.KINDS[kind])
    for one in fields(facts.KINDS[kind]):
        hint, name = hints[one.name], one.name
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        if name in ("happened_at", "until", "first_event_at", "last_event_at", "last_seen_at", "issued_before"):
            made[name] = NOW
        elif origin is typing.Literal:
            made[name] = inner[0]
        elif hint in (str, int, float, bool):
            made[name] = {str: "user:main/ana", int: 1, float: 1.5, bool: True}[hint]
        elif origin is tuple:
            made[name] = ("a",) if inner[0] is str else (facts.OpenFinding("f", "r", "high", "a.py:1", "t"),)
        elif "Mapping" in str(hint):
            made[name] = {"order_id": "4711"}
    return facts.KINDS[kind](**made)


def _stored(path: Path) -> bytes:
    """A store with facts of every kind, as its file."""
    with closing(open_store(f"sqlite:{path}")) as store:
        for kind in facts.KINDS:
            if kind not in ("sealed", "pruned"):
                store.append([(_fact(kind), f"key-{kind}")])
        store.append([(_fact("decision"), None)] * 30)
        store.beat("p1", role="guard", service="shop", position="3")
    return path.read_bytes()


def _all_of(store: ports.Store) -> Iterator[str]:
    """Everything that a store can be asked for."""
    yield printable("\n".join(store.verify().problems))
    for entry in store.read():
        plain = None if entry.fact is None else facts_codec.plain(entry.fact)
        yield lines.line(entry.position, entry.recorded_at, entry.kind, plain)
    for name in ("state", "incidents", "findings", "processes", "usage", "head", "reclaim"):
        str(store.state(now=NOW) if name == "state" else getattr(store, name)())
    store.get("3"), store.find("key-block"), store.cursor("x"), store.before(NOW), store.skeleton(limit=9)
    store.bodies("decision", limit=9)
    store.append([(_fact("decision"), None)])
    store.beat("p2", role="guard", service="shop", position="3")
    store.lease("x", "y", seconds=1)


def journal(folder: Path) -> Target:
    """Damaged SQLite files: opened, verified, read, appended to."""
    state = folder / "state"
    state.mkdir(mode=0o700)
    path = state / "journal.db"
    seeds = {"journal.db": _stored(path)}

    def run(_name: str, data: bytes) -> Iterable[str]:
        for beside in state.iterdir():
            beside.unlink()
        path.write_bytes(data)
        with closing(open_store(f"sqlite:{path}", create=False)) as store:
            yield from _all_of(store)

    return Target(seeds, run)


_READING = (
    ("journal", "show", "--limit", "0"), ("journal", "show", "--format", "json", "--redact"), ("journal", "verify"),
    ("journal", "export"), ("incident", "list"), ("incident", "show", "INC-1"), ("incident", "review", "INC-1"),
    ("guard", "report", "--since", "99999d"), ("watch", "status"), ("doctor",), ("policy", "learn", "--at-least", "1s"),
    ("policy", "backtest", "--policy", "nomoat.yaml"), ("watch", "run", "--once"), ("respond", "--auto", "--once"),
)  # fmt: skip


def bodies(folder: Path) -> Target:
    """A journal whose facts somebody edited, under every command that reads it."""
    from nomoat.cli.main import main

    _project(folder)
    path = folder / ".nomoat" / "state" / "journal.db"
    whole = _stored(path)
    # With spaces, so that whole values are taken for others.
    seeds = {kind: json.dumps(json.loads(facts_codec.encode(_fact(kind)))).encode() for kind in facts.KINDS}

    def run(name: str, data: bytes) -> Iterable[str]:
        text = data.decode("utf-8", "replace")
        str(facts_codec.decode(name, 1, NOW, text))
        for beside in path.parent.glob("journal.db*"):
            beside.unlink()
        path.write_bytes(whole)
        with closing(sqlite3.connect(path)) as edited, edited:
            edited.execute("UPDATE facts SET body = ? WHERE kind = ?", (text, name))
        # Three of them a case: which, the case itself decides.
        for at in (0, 5, 9):
            _faultless(main(_READING[(zlib.crc32(data) + at) % len(_READING)]))
        yield ""

    return Target(seeds, run)


def checkpoint(folder: Path) -> Target:
    """Checkpoints that were kept outside, and a store that is compared with them."""
    state = folder / "state"
    state.mkdir(mode=0o700)
    _stored(state / "journal.db")
    store = open_store(f"sqlite:{state / 'journal.db'}")
    upkeep.write_checkpoint(folder / "c.json", store.head())
    seeds = {"c.json": (folder / "c.json").read_bytes()}

    def run(_name: str, data: bytes) -> Iterable[str]:
        (folder / "c.json").write_bytes(data)
        yield printable("\n".join(store.verify(upkeep.read_checkpoint(folder / "c.json")).problems))

    return Target(seeds, run)


def evidence(folder: Path) -> Target:
    """Bundles of evidence: the packed bytes and, packed again, what is inside."""
    from nomoat.cli.main import main
    from nomoat.respond import vault

    kept, path = vault.Vault(folder / "state"), folder / "b.tar.gz"
    texts = (b"one", b"decisions\n" * 50)
    facts_ = [
        facts.Evidence(incident=1, name="n", sha256=kept.keep(one), size_bytes=len(one), source="s", by="ana")
        for one in texts
    ]
    vault.bundle(kept, "INC-1", facts_, "1:ab", path)
    seeds = {"packed": path.read_bytes(), "inside": gzip.decompress(path.read_bytes())}

    def run(name: str, data: bytes) -> Iterable[str]:
        path.write_bytes(data if name == "packed" else gzip.compress(data))
        code = main(["evidence", "verify", str(path)])
        _faultless(code)
        if code == 0 and name == "packed" and data != seeds["packed"] and vault._members(path) != whole:
            raise FaultError("a changed bundle is said to hold")
        yield ""

    whole = vault._members(path)
    return Target(seeds, run)


# -- guard -----------------------------------------------------------------------------------------------------------

_KEY = "a-key-of-32-bytes-for-the-fuzzing"
_POLICY = """\
services: {shop: {app: "main:app"}}
identity: {main: {issuer: shop, algorithms: [HS256], key: "env:FUZZ_KEY", audience: shop, roles: claims.roles}}
trusted_proxies: [127.0.0.1]
roles: {customer: [orders:read]}
routes: {"GET /health": {public: true, because: "probes"}, "GET /me": signed-in, "GET /orders/{order_id}": orders:read,
  "POST /orders": orders:write, "GET /files/{path:path}": orders:write, "WS /live": orders:write}
"""
_REQUESTS = (
    b"GET /orders/4711?x=1\nauthorization: Bearer %(ana)s\nx-forwarded-for: 1.2.3.4, 127.0.0.1\nhost: shop",
    b"GET /orders/4711\nauthorization: Bearer %(ben)s\ncookie: a=b\ntraceparent: 00-0af7651916cd43dd8448eb211c8031",
    b"POST /orders\nauthorization: Bearer %(ana)s\ncontent-type: application/json\nx-http-method-override: GET",
    b"GET /health\nhost: shop", b"GET /me\nauthorization: Bearer %(ben)s", b"HEAD /files/a/../b%%2f..\norigin: x",
    b"WS /live\nauthorization: Bearer %(ana)s\nsec-websocket-protocol: x", b"OPTIONS /orders/1/\nforwarded: for=[::1]",
)  # fmt: skip


def _tokens() -> dict[bytes, bytes]:
    from joserfc import jwt
    from joserfc.jwk import OctKey

    key = OctKey.import_key(_KEY)
    common = {"iss": "shop", "aud": "shop", "exp": int(time.time()) + 36_000}
    made = {b"ana": ("ana", ["customer"]), b"ben": ("ben", [])}
    return {
        n: jwt.encode({"alg": "HS256"}, {**common, "sub": s, "roles": r}, key).encode() for n, (s, r) in made.items()
    }


def token(folder: Path) -> Target:
    """Bearer tokens: one that is not letter by letter one of ours is refused. Headers and claims are signed too."""
    from joserfc import jws
    from joserfc.jwk import OctKey

    from nomoat.guard.identity import bearer
    from nomoat.guard.identity.model import TokenError
    from nomoat.guard.identity.tokens import Verifier
    from nomoat.guard.settings import read

    os.environ["FUZZ_KEY"] = _KEY
    verifier = Verifier.load(read(settings_file.parse(_POLICY, root=folder)).issuers, root=folder)
    good = _tokens()
    claims = b'{"iss":"shop","aud":["shop"],"sub":"ana","exp":9999999999,"nbf":1,"iat":1,"jti":"x","roles":["a"]}'
    seeds = {**{name.decode(): b"Bearer " + one for name, one in good.items()}, "claims": claims}
    key = OctKey.import_key(_KEY)

    def run(name: str, data: bytes) -> Iterable[str]:
        if name == "claims":
            data = b"Bearer " + jws.serialize_compact({"alg": "HS256"}, data, key).encode()
        try:
            found = bearer.bearer_token([(b"authorization", data)])
            if found is not None:
                verifier.verify(found)
                if name != "claims" and found.encode() not in good.values():
                    raise FaultError("a token that nobody signed is taken")
        except TokenError as error:
            yield str(error)

    return Target(seeds, run)


def request(folder: Path) -> Target:
    """Requests and handshakes of an application behind guard, which must deny all but what its policy allows."""
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route, WebSocketRoute

    from nomoat import guard
    from nomoat.guard import opening
    from nomoat.survey.draw import draw

    reached: list[str] = []

    def handler(name: str) -> Any:
        async def handle(_request: Any) -> PlainTextResponse:
            reached.append(name)
            return PlainTextResponse(name)

        return handle

    async def live(socket: Any) -> None:
        reached.append("denied")
        await socket.accept()
        await socket.close()

    os.environ["FUZZ_KEY"] = _KEY
    opening.urls.append("memory:")
    source = folder / "main.py"
    source.write_text(_APP)
    (folder / "nomoat.yaml").write_text(_POLICY)
    (folder / ".nomoat").mkdir()
    drawn = draw(folder, settings=settings_file.load(folder / "nomoat.yaml")).map
    (folder / ".nomoat" / "map.json").write_text(codec.file_text(drawn))
    names = (
        "/health public GET",
        "/me signed-in GET",
        "/orders/{order_id} orders GET",
        "/orders denied POST",
        "/files/{path:path} denied GET",
    )
    routes = [Route(path, handler(name), methods=[method]) for path, name, method in map(str.split, names)]
    inner = Starlette(routes=[*routes, WebSocketRoute("/live", live)])
    app = guard.Guard(inner, "enforce", application=inner, config=folder / "nomoat.yaml")
    good, runner = _tokens(), asyncio.Runner()

    def run(_name: str, data: bytes) -> Iterable[str]:
        reached.clear()
        scope = _scope(data)
        said = runner.run(_served(app, scope))
        status = next((one["status"] for one in said if one["type"] == "http.response.start"), 0)
        if status >= 500:
            raise FaultError(f"guard answers {status}")
        shown = [value.strip(b" ") for name, value in scope["headers"] if name == b"authorization"]
        held = {name for name, one in good.items() if len(shown) == 1 and shown[0].endswith(b" " + one)}
        allowed = {"public"} | ({"signed-in"} if held else set()) | ({"orders"} if held == {b"ana"} else set())
        if not allowed.issuperset(reached):
            raise FaultError(f"guard lets pass {reached} of {sorted(held)}")
        if status and status < 300 and not reached:
            raise FaultError(f"guard answers {status} by itself")
        yield ""

    return Target({str(at): text % good for at, text in enumerate(_REQUESTS)}, run)


_APP = """\
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

def handle(request): ...
async def live(socket): ...

app = Starlette(routes=[
    Route("/health", handle), Route("/me", handle), Route("/orders/{order_id}", handle),
    Route("/orders", handle, methods=["POST"]), Route("/files/{path:path}", handle), WebSocketRoute("/live", live),
])
"""


def _scope(data: bytes) -> dict[str, Any]:
    """The scope that a server makes of a request; a server refuses a few of these, guard may not rely on it."""
    first, *rest = data.split(b"\n")
    method, _, target = first.partition(b" ")
    raw, _, query_string = target.partition(b"?")
    headers = [tuple(part.strip(b" ") for part in line.partition(b":")[::2]) for line in rest]
    kind = "websocket" if method == b"WS" else "http"
    scope: dict[str, Any] = {
        "type": kind, "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "", "state": {},
        "path": unquote_to_bytes(raw).decode("utf-8", "replace"), "raw_path": raw, "query_string": query_string,
        "headers": [(name.lower(), value) for name, value in headers], "client": ("127.0.0.1", 5), "server": ("x", 80),
    }  # fmt: skip
    also: dict[str, Any] = {"subprotocols": []} if kind == "websocket" else {"method": method.decode("latin-1")}
    return scope | also


async def _served(app: Callable[..., Awaitable[None]], scope: dict[str, Any]) -> list[MutableMapping[str, Any]]:
    said: list[MutableMapping[str, Any]] = []
    is_socket = scope["type"] == "websocket"
    heard: list[dict[str, Any]] = [{"type": "websocket.connect"} if is_socket else {"type": "http.request"}]

    async def receive() -> dict[str, Any]:
        return heard.pop(0) if heard else {"type": scope["type"] + ".disconnect", "code": 1000}

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message)

    await app(scope, receive, send)
    return said


# -- the command line ------------------------------------------------------------------------------------------------


def _project(folder: Path) -> None:
    shutil.copytree(SHOP, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("fixed"))
    (folder / ".nomoat" / "state").mkdir(parents=True, mode=0o700)
    (folder / ".nomoat" / "map.json").write_text(codec.file_text(_shop_map()))
    os.environ["SHOP_JWT_KEY"] = _KEY
    sys.stdin = io.StringIO("")


def _faultless(code: int) -> None:
    said = cast(io.StringIO, sys.stderr).getvalue()
    if "fault of its own" in said:
        raise FaultError(said[said.index("nomoat") : said.index("fix:")].strip())
    if code not in (0, 1, 2, 3):
        raise FaultError(f"exit code {code}")


_COMMANDS = (
    *_READING, ("map", "."), ("map", "--format", "json", "--all"), ("map", "who-can-reach", "store:shop/orders"),
    ("map", "diff"), ("map", "--check"), ("check", "--fail-on", "high", "--allow-incomplete"), ("rules", "list"),
    ("check", ".", "--format", "sarif", "-o", "out.sarif"), ("explain", "sql-injection"), ("init", "--yes"),
    ("policy", "explain", "GET /orders/{order_id}", "--as", "user:main/ana", "--role", "customer", "--format", "json"),
    ("policy", "explain", "--decision", "3"), ("policy", "check"), ("guard", "report", "--gate", "--unseen"),
    ("policy", "explain", "--may", "orders:read", "--with", "resource.owner=ana", "--as", "role:customer"),
    ("policy", "backtest", "--policy", "nomoat.yaml", "--since", "24h"), ("policy", "learn", "-o", "less.yaml"),
    ("block", "user:main/mallory", "--for", "5m", "--because", "x"), ("unblock", "user:main/mallory", "--because", "x"),
    ("revoke", "user:main/mallory", "--because", "x"), ("block", "10.0.0.1", "--because", "x"), ("watch", "test"),
    ("watch", "run", "--once", "events.jsonl", "--format", "json"), ("incident", "ack", "INC-1"), ("playbook", "lint"),
    ("incident", "close", "INC-1", "--false-alarm", "--note", "x"), ("playbook", "show", "api-abuse"),
    ("evidence", "export", "INC-1", "-o", "b.tar.gz"), ("evidence", "verify", "b.tar.gz"), ("rules", "test"),
    ("journal", "verify", "--checkpoint-out", "c.json"), ("journal", "verify", "--against", "c.json"),
    ("journal", "show", "--since", "1h", "--until", "23:30", "--kind", "decision"), ("journal", "prune", "--dry-run"),
    ("journal", "export", "--redact", "-o", "e.jsonl"), ("journal", "show", "--store", "sqlite:x.db"), ("--version",),
)  # fmt: skip
#: Commands that run until they are stopped, start processes or read the keyboard.
_ENDLESS = frozenset(("demo", "follow", "drill"))


def command(folder: Path) -> Target:
    """`nomoat` with arguments of every kind, in a copy of the demo's shop."""
    from nomoat.cli.main import main

    _project(folder)
    _stored(folder / ".nomoat" / "state" / "journal.db")
    (folder / "events.jsonl").write_bytes((SOURCE / "watch/detections/denied-burst.jsonl").read_bytes())

    def run(_name: str, data: bytes) -> Iterable[str]:
        words = [os.fsdecode(word) for word in data.replace(b"\0", b"").split(b"\n")]
        # It may write into its own folder alone, and must come to an end.
        leaves = any(word.startswith(("/", "~")) or ".." in word or ":/" in word or "=/" in word for word in words)
        endless = not _ENDLESS.isdisjoint(words) or (words[0] in ("watch", "respond") and "--once" not in words[:4])
        if leaves or (endless and words[:2] not in (["watch", "test"], ["watch", "status"])):
            return
        _faultless(main(words))
        yield ""

    return Target({" ".join(words): "\n".join(words).encode() for words in _COMMANDS}, run)


TARGETS: dict[str, Callable[[Path], Target]] = {
    "datafile": data_file, "settings": sections, "condition": condition, "map": map_file, "rule": rule,
    "framework": framework, "detection": detection, "event": event, "playbook": playbook, "drill": drill,
    "tree": tree, "journal": journal, "facts": bodies, "checkpoint": checkpoint, "evidence": evidence,
    "token": token, "request": request, "command": command,
}  # fmt: skip

__all__ = ["TARGETS", "FaultError", "NomoatError", "Target"]
