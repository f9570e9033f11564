"""Where request data begins, what tests prove of it, and what a finding says about its way."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.check.model import Finding
from nomoat.check.scan import scan


def _found(root: Path, source: str) -> list[Finding]:
    (root / "app.py").write_text(source, encoding="utf-8")
    result = scan(root, settings_file.empty(root), today=date(2026, 11, 28))
    assert () == result.not_analysed
    return [
        one for one in result.findings if one.rule in ("sql-injection", "unsafe-deserialization", "untrusted-pickle")
    ]


def test_a_function_on_no_known_route_is_followed_and_never_sure(tmp_path: Path) -> None:
    [finding] = _found(
        tmp_path,
        "import sqlite3\nfrom flask import request\n\n\ndef search():\n"
        '    return sqlite3.connect("x").execute("SELECT * FROM t WHERE a = " + request.args["a"])\n',
    )

    assert ("likely", "") == (finding.confidence, finding.target)
    assert finding.message.endswith("request.args['a'] of search, on no known route")


def test_a_hook_of_the_application_is_called_by_whoever_asks(tmp_path: Path) -> None:
    [finding] = _found(
        tmp_path,
        "import sqlite3\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n"
        "@app.before_request\ndef log():\n"
        '    sqlite3.connect("x").execute(f"INSERT INTO log VALUES ({request.args[\'a\']})")\n',
    )

    assert "sure" == finding.confidence


def test_what_an_object_keeps_reaches_its_other_methods(tmp_path: Path) -> None:
    [finding] = _found(
        tmp_path,
        "import sqlite3\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\nclass Search:\n"
        "    def __init__(self, words, limit):\n        self.words = words\n        self.limit = limit\n\n"
        '    def run(self):\n        sqlite3.connect("x").execute("SELECT * FROM t WHERE a = " + self.words)\n'
        '        sqlite3.connect("x").execute(f"SELECT * FROM t LIMIT {self.limit}")\n\n\n'
        '@app.get("/a")\ndef a():\n    Search(request.args["words"], 5).run()\n    return {}\n',
    )

    assert 13 == finding.span.line


def test_a_test_that_cannot_be_read_makes_a_finding_less_sure(tmp_path: Path) -> None:
    [finding] = _found(
        tmp_path,
        "import sqlite3\nfrom flask import Flask, abort, request\nfrom elsewhere import is_allowed\n\n"
        'app = Flask(__name__)\n\n\n@app.get("/a")\ndef a():\n    order = request.args["order"]\n'
        "    if not is_allowed(order):\n        abort(400)\n"
        '    return sqlite3.connect("x").execute(f"SELECT * FROM t ORDER BY {order}").fetchall()\n',
    )

    assert "low" == finding.confidence


def test_a_fault_that_a_pattern_and_a_flow_see_is_told_once(tmp_path: Path) -> None:
    found = _found(
        tmp_path,
        "import pickle\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n"
        '@app.post("/a")\ndef a():\n    return {"a": pickle.loads(request.data)}\n',
    )

    assert ["unsafe-deserialization"] == [one.rule for one in found]


def test_a_name_that_is_made_of_itself_ends(tmp_path: Path) -> None:
    found = _found(
        tmp_path,
        "import sqlite3\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n"
        '@app.get("/a")\ndef a(names):\n    names = [name for name in names]\n    if request.args["a"] in names:\n'
        '        return sqlite3.connect("x").execute("SELECT " + request.args["a"]).fetchall()\n',
    )

    assert ["low"] == [one.confidence for one in found]


def test_what_is_read_of_the_request_twice_is_tested_once(tmp_path: Path) -> None:
    found = _found(
        tmp_path,
        "import sqlite3\nfrom flask import Flask, abort, request\n\napp = Flask(__name__)\n\n\n"
        '@app.get("/a")\ndef a():\n    if request.args.get("o") not in ("a", "b"):\n        abort(400)\n'
        '    return sqlite3.connect("x").execute("SELECT * FROM t ORDER BY " + request.args["o"]).fetchall()\n\n\n'
        '@app.get("/b")\ndef b():\n    if request.args.get("x") and request.args.get("o") == "a":\n        pass\n'
        '    return sqlite3.connect("x").execute("SELECT * FROM t ORDER BY " + request.args["o"]).fetchall()\n',
    )

    assert [18] == [one.span.line for one in found]


def test_only_the_branch_that_runs_counts(tmp_path: Path) -> None:
    found = _found(
        tmp_path,
        "import sqlite3\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n"
        '@app.get("/a")\ndef a():\n    number = 106\n    order = "a" if 7 * 18 + number > 200 else request.args["o"]\n'
        '    return sqlite3.connect("x").execute("SELECT * FROM t ORDER BY " + order).fetchall()\n\n\n'
        '@app.get("/b")\ndef b():\n    number = 6\n    order = "a" if 7 * 18 + number > 200 else request.args["o"]\n'
        '    return sqlite3.connect("x").execute("SELECT * FROM t ORDER BY " + order).fetchall()\n',
    )

    assert [18] == [one.span.line for one in found]


def test_resolvers_events_and_plain_servers_are_called_with_what_somebody_sent(tmp_path: Path) -> None:
    found = _found(
        tmp_path,
        "import sqlite3\nimport bottle\nimport graphene\nfrom flask_socketio import SocketIO\n"
        "from http.server import BaseHTTPRequestHandler\n\nsocketio = SocketIO()\n\n\n"
        'def run(order):\n    sqlite3.connect("x").execute("SELECT * FROM t ORDER BY " + order)\n\n\n'
        "class Query(graphene.ObjectType):\n    def resolve_a(self, info, order):\n"
        '        sqlite3.connect("x").execute("SELECT * FROM t ORDER BY " + order)\n\n\n'
        '@socketio.on("b")\ndef b(data):\n'
        '    sqlite3.connect("x").execute("SELECT * FROM t ORDER BY " + data["o"])\n\n\n'
        "class Server(BaseHTTPRequestHandler):\n    def do_GET(self):\n"
        '        sqlite3.connect("x").execute("SELECT * FROM t ORDER BY " + self.path)\n\n\n'
        '@bottle.route("/d/<order>")\ndef d(order):\n    sqlite3.connect("x").execute("SELECT " + order)\n',
    )

    assert [(16, "sure"), (21, "sure"), (26, "sure"), (31, "sure")] == [(o.span.line, o.confidence) for o in found]


def test_what_a_text_lost_on_its_way_counts(tmp_path: Path) -> None:
    found = _found(
        tmp_path,
        "import re\nimport sqlite3\nfrom flask import Flask, abort, request\n\napp = Flask(__name__)\n\n\n"
        '@app.get("/a")\ndef a():\n    order = re.sub(r"[^a-z_]", "", request.args["o"])\n'
        '    return sqlite3.connect("x").execute("SELECT * FROM t ORDER BY " + order).fetchall()\n\n\n'
        '@app.get("/b")\ndef b():\n    order = request.args["o"]\n'
        '    if not all(c in "abc" for c in order):\n        abort(400)\n'
        '    return sqlite3.connect("x").execute("SELECT * FROM t ORDER BY " + order).fetchall()\n\n\n'
        '@app.get("/c")\ndef c():\n    order = re.sub(r"[;-]", "", request.args["o"])\n'
        '    return sqlite3.connect("x").execute("SELECT * FROM t ORDER BY " + order).fetchall()\n',
    )

    assert [25] == [one.span.line for one in found]
