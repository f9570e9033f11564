"""A run over what changed gives the same as one over everything, whatever changed."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nomoat import settings as settings_file
from nomoat.check import left as lefts
from nomoat.check import registry, rulefiles
from nomoat.check.again import ChangedError, again
from nomoat.check.left import Left
from nomoat.check.model import Result
from nomoat.check.scan import Outcome, run
from nomoat.survey.draw import draw_program
from nomoat.survey.python.sources import find
from tests.check.projects import TODAY, write

RULES = registry.load(None)
EXAMPLES = sorted(rulefiles.SHIPPED.rglob("*.py"))

SETTINGS = 'TOKEN_NAME = "token"\nSECRET = open("/etc/secret").read()\n'
TOKENS = "import jwt\n\nfrom shop.settings import SECRET\n\n\ndef issue(user):\n    return jwt.encode({}, SECRET)\n"
APP = (
    "from flask import Flask, request\nfrom shop.guards import needs_login\n\napp = Flask(__name__)\n\n\n"
    '@app.get("/orders")\n@needs_login\ndef orders():\n    return []\n\n\n'
    '@app.post("/orders")\n@needs_login\ndef add():\n    return []\n'
)
GUARDS = (
    "from functools import wraps\n\nfrom flask import abort, session\n\n\ndef needs_login(view):\n    @wraps(view)\n"
    '    def asked(*args, **kwargs):\n        if not session.get("user"):\n            abort(401)\n'
    "        return view(*args, **kwargs)\n\n    return asked\n"
)
PLAIN = "import hashlib\n\n\ndef number(text):\n    return hashlib.md5(text).hexdigest()\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """An application of a few files that need one another, and one that is by itself."""
    root = tmp_path / "shop"
    write(
        root,
        {
            "shop/__init__.py": "", "shop/settings.py": SETTINGS, "shop/tokens.py": TOKENS, "shop/app.py": APP,
            "shop/guards.py": GUARDS, "shop/plain.py": PLAIN, "pages/note.html": "{{ note.body|safe }}\n",
            "conf.yaml": "a: 1\n",
        },
    )  # fmt: skip
    return root


def whole(root: Path) -> Outcome:
    return run(root, settings_file.empty(root), today=TODAY, rules=RULES)


def kept(outcome: Outcome, root: Path) -> Left:
    """What the run left, written and read again."""
    return lefts.read(json.loads(json.dumps(lefts.written(outcome.left, find(root).files))))


def once_more(root: Path, before: Outcome, *changed: str) -> Outcome | None:
    settings = settings_file.empty(root)
    return again(root, settings, kept(before, root), find(root), changed, lambda _path: True, today=TODAY, rules=RULES)


def plain(outcome: Outcome | None) -> Result:
    assert outcome is not None
    return replace(outcome.result, seconds=0.0, rules={})


def rules_of(result: Result) -> set[str]:
    return {finding.rule for finding in result.findings}


@pytest.mark.parametrize(
    "path, content, told",
    [
        pytest.param(
            "shop/settings.py", 'TOKEN_NAME = "t"\nSECRET = "short"\n', "hard-coded-key", id="what it imports"
        ),
        pytest.param("shop/guards.py", GUARDS.replace("abort(401)", "pass"), "", id="what guards a route"),
        pytest.param("shop/plain.py", PLAIN + "\n\neval(input())\n", "", id="itself"),
        pytest.param("shop/app.py", APP.replace("@needs_login\ndef add", "def add"), "missing-guard", id="a route"),
        pytest.param("conf.yaml", "aws: AKIAQYLPMN5HFIQR7XYA\n", "", id="what is no Python"),
        pytest.param("pages/note.html", "{{ name|safe }}\n", "", id="a template"),
        pytest.param("shop/plain.py", f"{PLAIN}def broken(:\n", "", id="what does not parse"),
        pytest.param(
            "shop/plain.py", PLAIN.replace("\n    return", "\n    # nomoat: allow x\n    return"), "", id="words"
        ),
    ],
)
def test_a_file_that_changed_tells_the_same_as_a_run_over_everything(
    shop: Path, path: str, content: str, told: str
) -> None:
    before = whole(shop)
    (shop / path).write_text(content)

    result = plain(once_more(shop, before, path))

    assert result == plain(whole(shop))
    assert result != plain(before) or path == "pages/note.html"
    assert not told or told in rules_of(result) - rules_of(plain(before))


def test_what_looked_at_nothing_that_changed_is_not_found_again(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = whole(shop)
    (shop / "shop/plain.py").write_text(PLAIN + "# more\n")
    drawn: list[object] = []
    monkeypatch.setattr("nomoat.survey.draw.draw_program", lambda *args, **named: drawn.append(args))
    monkeypatch.setattr("nomoat.check.parts.Finders.questions", lambda *args: drawn.append(args))

    after = once_more(shop, before, "shop/plain.py")

    assert drawn == [] and plain(after).findings
    assert after is not None and after.left.map is not before.left.map  # It is the one that was kept.


def test_the_map_is_drawn_again_where_it_looked(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = whole(shop)
    (shop / "shop/guards.py").write_text(GUARDS + "# more\n")
    drawn: list[object] = []

    def recorded(*args: object, **named: object) -> object:
        drawn.append(args)
        return draw_program(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("nomoat.survey.draw.draw_program", recorded)

    assert plain(once_more(shop, before, "shop/guards.py")).findings == plain(before).findings
    assert len(drawn) == 1


def test_a_file_that_changes_meanwhile_ends_it(shop: Path) -> None:
    before = whole(shop)
    (shop / "shop/settings.py").write_text('SECRET = "short"\n')

    with pytest.raises(ChangedError):
        again(
            shop, settings_file.empty(shop), kept(before, shop), find(shop), ["shop/settings.py"],
            lambda _path: False, today=TODAY, rules=RULES,
        )  # fmt: skip


# -- whatever changes ------------------------------------------------------------------------------------------------


def _swapped(lines: list[str], rng: random.Random, _modules: list[str]) -> list[str]:
    return rng.choice(EXAMPLES).read_text().split("\n")


def _shortened(lines: list[str], rng: random.Random, _modules: list[str]) -> list[str]:
    at = rng.randrange(len(lines))
    return lines[:at] + lines[at + rng.randint(1, 4) :]


def _lengthened(lines: list[str], rng: random.Random, _modules: list[str]) -> list[str]:
    other = rng.choice(EXAMPLES).read_text().split("\n")
    at = rng.randrange(len(other))
    return lines + other[at : at + rng.randint(3, 25)]


def _taking_all(lines: list[str], rng: random.Random, modules: list[str]) -> list[str]:
    return [f"from {rng.choice(modules)} import *", *lines]


def _renamed(lines: list[str], rng: random.Random, _modules: list[str]) -> list[str]:
    words = re.findall(r"\w{4,}", "\n".join(lines)) or ["nothing"]
    word, other = rng.choice(words), rng.choice(("token", "password", "handler", "request", "xxxx"))
    return "\n".join(lines).replace(word, other).split("\n")


EDITS: list[Callable[[list[str], random.Random, list[str]], list[str]]] = [
    _swapped, _shortened, _lengthened, _taking_all, _renamed
]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_any_changes_tell_the_same_as_a_run_over_everything(tmp_path: Path, seed: int) -> None:
    """Also one after the other, each on what the one before left."""
    rng, root = random.Random(seed), tmp_path / "tree"
    (root / "parts").mkdir(parents=True)
    paths = []
    for number, example in enumerate(rng.sample(EXAMPLES, 6)):
        path = f"{rng.choice(('', 'parts/'))}m{number}_{example.stem.replace('-', '_')}.py"
        shutil.copy(example, root / path)
        paths.append(path)
    modules = [path.removesuffix(".py").replace("/", ".") for path in paths]

    outcome = whole(root)
    for _ in range(8):
        path = rng.choice(paths)
        lines = (root / path).read_text().split("\n")
        (root / path).write_text("\n".join(rng.choice(EDITS)(lines, rng, modules)))
        after = once_more(root, outcome, path)
        outcome = whole(root) if after is None else after
        assert plain(outcome) == plain(whole(root))
