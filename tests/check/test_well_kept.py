"""Shapes of well-kept applications that look like a fault and are none, each with the fault that is like it."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest

from tests.check.projects import findings_of, result_of


def _told(root: Path, rule: str, files: dict[str, str]) -> list[str]:
    """How sure the rule is of each that it finds, those left out that are low."""
    found = result_of(root, files).findings
    return [one.confidence for one in found if one.rule == rule and one.confidence != "low"]


# -- data of the request -----------------------------------------------------------------------------------------------

_FLASK = """
    import os
    import re
    from functools import wraps
    from os import sep
    from pathlib import Path
    from urllib.parse import urlparse

    from flask import Flask, g, jsonify, redirect, request

    app = Flask(__name__)
    NOT_ALLOWED = re.compile(r"[^0-9A-Za-z_]")


    class Names:
        NOT_ALLOWED = NOT_ALLOWED


    def as_json(function):
        @wraps(function)
        def wrapper():
            found = function()
            return jsonify(found)
        return wrapper


    def counted(function):
        @wraps(function)
        def wrapper():
            found = function()
            return found
        return wrapper


    def _validate_next(url):
        return url if not urlparse(url).scheme else ""


    def _keep(url):
        return url if url else ""


    DECORATOR
    @app.get("/tried")
    def tried():
        BODY
"""


@pytest.mark.parametrize(
    ("rule", "body", "told"),
    [
        ("path-traversal", 'return open("/srv/" + re.sub(Names.NOT_ALLOWED, "_", request.args["q"])).read()', []),
        ("path-traversal", 'return open("/srv/" + re.sub("x", "_", request.args["q"])).read()', ["sure"]),
        ("path-traversal", 'return open(os.path.join("/srv", request.args["q"].replace(sep, " "))).read()', []),
        ("path-traversal", 'return open(os.path.join("/srv", request.args["q"].replace("x", " "))).read()', ["sure"]),
        (
            "path-traversal",
            'path = Path(request.args["q"])\n        if str(path) not in g.ledger.files:\n            raise ValueError'
            "\n        return path.read_text()",
            [],
        ),
        ("path-traversal", 'path = Path(request.args["q"])\n        return path.read_text()', ["sure"]),
        (
            "path-traversal",
            'parts = request.args["q"].rsplit(".", 1)\n        return open("/srv/n." + parts[1]).read()',
            [],
        ),
        (
            "path-traversal",
            'parts = request.args["q"].rsplit(".", 1)\n        return open("/srv/n." + parts[0]).read()',
            ["sure"],
        ),
        ("open-redirect", 'return redirect(_validate_next(request.args["q"]))', ["likely"]),
        ("open-redirect", 'return redirect(_keep(request.args["q"]))', ["sure"]),
    ],
)
def test_what_was_cut_off_or_asked_for_is_no_way_out(rule: str, body: str, told: list[str], tmp_path: Path) -> None:
    source = _FLASK.replace("BODY", body).replace("    DECORATOR\n", "")

    assert told == _told(tmp_path, rule, {"app.py": source})


@pytest.mark.parametrize(("decorator", "told"), [("@app.get('/x')\n    @as_json", []), ("@counted", ["sure"])])
def test_what_a_decorator_makes_json_of_is_no_page(decorator: str, told: list[str], tmp_path: Path) -> None:
    source = _FLASK.replace('DECORATOR\n    @app.get("/tried")', f"@app.get('/tried')\n    {decorator}").replace(
        "BODY", 'return "Hello " + request.args["q"]'
    )

    assert told == _told(tmp_path, "cross-site-scripting", {"app.py": source})


_DJANGO = {
    "settings.py": 'ROOT_URLCONF = "urls"\nINSTALLED_APPS = []\nMIDDLEWARE = []\n',
    "urls.py": "from django.urls import path\nimport views\nurlpatterns = [path('tried', views.tried)]\n",
}
_NEXT = """
    from urllib.parse import urljoin, urlparse

    from django.http import HttpResponseRedirect
    from django.shortcuts import redirect
    from django.urls import resolve, reverse
    from django.utils.http import url_has_allowed_host_and_scheme


    def tried(request):
        BODY
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('if "next" in request.GET and url_has_allowed_host_and_scheme(request.GET.get("next"), allowed_hosts=None):'
         '\n            return redirect(request.GET.get("next"))', []),
        ('if "next" in request.GET and url_has_allowed_host_and_scheme(request.GET.get("other"), allowed_hosts=None):'
         '\n            return redirect(request.GET.get("next"))', ["sure"]),
        ('target = request.GET["next"]\n        try:\n            resolve(urljoin(target, urlparse(target).path))'
         '\n        except Exception:\n            target = reverse("home")\n        return redirect(target)', []),
        ('target = request.GET["next"]\n        try:\n            resolve(urlparse(target).path)'
         '\n        except Exception:\n            target = "/"\n        return redirect(target)', ["sure"]),
    ],
)  # fmt: skip
def test_what_was_tested_in_the_same_condition_is_tested(body: str, told: list[str], tmp_path: Path) -> None:
    assert told == _told(tmp_path, "open-redirect", {**_DJANGO, "views.py": _NEXT.replace("BODY", body)})


_FASTAPI = """
    import asyncio

    from fastapi import FastAPI
    from fastapi.encoders import jsonable_encoder
    from pydantic import BaseModel
    from sqlalchemy.orm import DeclarativeBase

    app = FastAPI()


    class Change(BaseModel):
        name: str
        kind: str
        EXTRA


    class Base(DeclarativeBase):
        pass


    class Node(Base):
        __tablename__ = "nodes"


    @app.put("/nodes")
    async def change(change: Change, node: Node):
        BODY
"""


@pytest.mark.parametrize(
    ("extra", "told"), [("size: int = 0", []), ('model_config = {"extra": "allow"}', ["sure"])]
)  # fmt: skip
def test_keys_of_a_model_are_fixed_behind_an_encoder(extra: str, told: list[str], tmp_path: Path) -> None:
    body = "change = jsonable_encoder(change, exclude_unset=True)\n        for name, value in change.items():"
    source = _FASTAPI.replace("EXTRA", extra).replace("BODY", f"{body}\n            setattr(node, name, value)")

    assert told == _told(tmp_path, "mass-assignment", {"app.py": source})


@pytest.mark.parametrize(("command", "told"), [('"qemu", change.kind', []), ('change.kind, "-f"', ["sure"])])
def test_an_argument_of_a_program_is_not_what_is_run(command: str, told: list[str], tmp_path: Path) -> None:
    body = f"command = [{command}]\n        await asyncio.create_subprocess_exec(*command)"
    source = _FASTAPI.replace("EXTRA", "size: int = 0").replace("BODY", body)

    assert told == _told(tmp_path, "command-injection", {"app.py": source})


# -- who may -----------------------------------------------------------------------------------------------------------

_TREES = """
    from flask import Flask, abort
    from flask_jwt_extended import get_jwt_identity, jwt_required
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy(app)


    class Tree(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        user_id = db.Column(db.Integer, db.ForeignKey("user.id"))
        name = db.Column(db.String)


    def prepare(tree_id):
        HELPER


    @app.delete("/trees/<int:tree_id>")
    @jwt_required()
    def delete(tree_id):
        prepare(tree_id)
        db.session.delete(db.session.get(Tree, tree_id))
        db.session.commit()
        return ""
"""


@pytest.mark.parametrize(
    ("helper", "told"),
    [
        ("if db.session.get(Tree, tree_id).user_id != get_jwt_identity():\n            abort(403)", ["likely"]),
        ("if not has_permission('trees', tree_id):\n            abort(403)", ["likely"]),
        ("print(get_jwt_identity(), tree_id)", ["sure"]),
        ("if tree_id < 1:\n            abort(404)", ["sure"]),
    ],
)
def test_a_function_that_refuses_by_who_calls_may_ask_for_the_owner(
    helper: str, told: list[str], tmp_path: Path
) -> None:
    found = [
        one
        for one in result_of(tmp_path, {"app.py": _TREES.replace("HELPER", helper)}).findings
        if one.rule == "missing-ownership" and one.confidence != "low"
    ]

    assert [one for one in told if one == "sure"] == [one.confidence for one in found if one.confidence == "sure"]


# -- what stands in source ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("  # nosec B303 # as the specification has it", ["likely"]),
        ("  # noqa: S303", ["likely"]),
        ("  # E501", ["sure"]),
    ],
)
def test_what_somebody_wrote_to_be_meant_is_less_sure(comment: str, told: list[str], tmp_path: Path) -> None:
    source = f"""
    import requests

    def fetch(url):
        return read(
            requests.get(url, verify=False), url
        ){comment}
    """

    assert told == _told(tmp_path, "unverified-certificate", {"app.py": source})


@pytest.mark.parametrize(("name", "told"), [("transport", ["sure"]), ("_insecure_transport", ["likely"])])
def test_what_is_called_insecure_is_chosen(name: str, told: list[str], tmp_path: Path) -> None:
    source = f"import httpx\n\n{name} = httpx.AsyncHTTPTransport(verify=False)\n"

    assert told == _told(tmp_path, "unverified-certificate", {"app.py": source})


_SECRET = "Zp4xQ9" + "vLr2T8"
_SAMPLE = _SECRET + "wKb7N3"


@pytest.mark.parametrize(("places", "told"), [(1, ["sure"]), (5, [])])
def test_what_is_shown_again_and_again_is_a_sample(places: int, told: list[str], tmp_path: Path) -> None:
    lines = "".join(f'SAMPLE_{one} = {{"order": {one}, "secret": "{_SAMPLE}"}}\n' for one in range(places))

    assert told[:1] == _told(tmp_path, "secret-in-source", {"app.py": lines})[:1]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("shop/auth.cfg", ["sure"]),
        ("shop/example_auth.cfg", []),
        ("shop/test_auth.cfg", []),
        ("devproject/auth.cfg", []),
        ("shop/latest_auth.cfg", ["sure"]),
    ],
)
def test_a_file_that_shows_how_it_is_written_holds_no_secret(path: str, told: list[str], tmp_path: Path) -> None:
    assert told == _told(tmp_path, "secret-in-source", {path: f'SECRET_KEY="{_SAMPLE}"\n'})


@pytest.mark.parametrize(("name", "told"), [("AMPLITUDE_API_KEY", []), ("BILLING_API_KEY", ["sure"])])
def test_a_key_that_only_names_a_project_is_no_secret(name: str, told: list[str], tmp_path: Path) -> None:
    assert told == _told(tmp_path, "secret-in-source", {"app.py": f'{name} = "{_SAMPLE}"\n'})


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("shop/management/commands/load_test_data.py", []),
        ("shop/management/commands/create_admin.py", ["sure"]),
        ("sandbox/create_admin.py", []),
        ("shop/project_template/project_name/users.py", []),
    ],
)
def test_data_to_try_out_is_for_nobody(path: str, told: list[str], tmp_path: Path) -> None:
    assert told == _told(tmp_path, "hard-coded-password", {path: 'def run(user):\n    user.set_password("test1234")\n'})


# -- pages -------------------------------------------------------------------------------------------------------------

_PAGE = """
    from flask import Flask, render_template, request

    app = Flask(__name__)

    @app.get("/")
    def index():
        return render_template("NAME", shown=VALUE)
"""


@pytest.mark.parametrize(
    ("name", "value", "sure"),
    [
        ("index.html", 'request.args["q"]', 1),
        ("index.html", '"Found {}".format(request.args["q"])', 1),
        ("index.html", "load(request.args)", 0),
        ("index.txt.jinja2", 'request.args["q"]', 0),
        ("index.html.jinja2", 'request.args["q"]', 1),
    ],
)
def test_what_another_function_finds_is_not_what_was_sent(name: str, value: str, sure: int, tmp_path: Path) -> None:
    files = {"app.py": _PAGE.replace("NAME", name).replace("VALUE", value), f"templates/{name}": "{{ shown|safe }}\n"}

    assert sure == _told(tmp_path, "unescaped-template", files).count("sure")


# -- tokens and forged requests ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issuer", "told"), [('provider["issuer"]', []), ('unverified["iss"]', ["sure"])]
)  # fmt: skip
def test_an_issuer_that_one_knows_is_picked_by_what_a_token_says(issuer: str, told: list[str], tmp_path: Path) -> None:
    source = f"""
    import jwt

    def verified(token, providers):
        unverified = jwt.decode(token, options={{"verify_signature": False}})
        provider = providers.known(unverified)
        key = keys_of(provider).get_signing_key_from_jwt(token)
        return jwt.decode(token, key, algorithms=["RS256"], issuer={issuer}, options={{"require": ["exp"]}})
    """

    assert told == [
        one.confidence for one in findings_of(tmp_path, "unverified-jwt", source) if one.confidence == "sure"
    ]


@pytest.mark.parametrize(("algorithm", "told"), [('"none"', []), ('"HS256"', ["sure"])])
def test_a_token_that_nobody_signs_signs_nobody_in(algorithm: str, told: list[str], tmp_path: Path) -> None:
    source = f"""
    import jwt

    def asserted(client_id, key):
        return jwt.encode({{"iss": client_id}}, key, algorithm={algorithm})
    """

    assert told == _told(tmp_path, "endless-token", {"app.py": source})


@pytest.mark.parametrize(
    ("decorator", "told"),
    [
        ("@require_GET", []),
        ('@require_http_methods(["GET", "HEAD"])', []),
        ('@require_http_methods(["GET", "POST"])', ["sure"]),
        ("@require_POST", ["sure"]),
    ],
)
def test_what_answers_only_get_never_asked_for_a_token(decorator: str, told: list[str], tmp_path: Path) -> None:
    source = f"""
    from django.http import HttpResponse
    from django.views.decorators.csrf import csrf_exempt
    from django.views.decorators.http import require_GET, require_http_methods, require_POST

    @csrf_exempt
    {decorator}
    def metrics(request):
        return HttpResponse(request.user.name)
    """

    assert told == _told(tmp_path, "csrf-exempted", {"app.py": source})


@pytest.mark.parametrize(
    ("body", "found"),
    [("    kind = Filter.model_validate(request.get_json())", 0), ("    kind = load(request.get_json())", 1)],
)
def test_what_a_parser_says_of_what_was_sent_tells_nothing(body: str, found: int, tmp_path: Path) -> None:
    source = f"""
    from flask import Flask, request
    from filters import Filter, load

    app = Flask(__name__)

    @app.post("/filters")
    def tried():
        try:
        {body}
        except Exception as error:
            return {{"error": str(error)}}, 400
        return {{}}
    """

    assert found == len(_told(tmp_path, "error-text-returned", {"app.py": source}))


_FOUND = """
    import requests
    from flask import Flask, request
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy(app)

    class Asset(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    class Remote:
        def __init__(self, name):
            self.url = addresses.read(f"remote:{name}")

    @app.get("/tried")
    def tried():
        BODY
"""


@pytest.mark.parametrize(
    ("rule", "body", "sure"),
    [
        ("cross-site-scripting", 'found = db.session.get(Asset, request.args["q"])\n        return f"No {found}"', 0),
        ("cross-site-scripting", 'found = names.get("asset", request.args["q"])\n        return f"No {found}"', 1),
        (
            "server-side-request",
            'at = Remote(request.args["of"])\n        q = request.args["q"]'
            '\n        return requests.get(f"{at.url}/api/{q}").json()',
            0,
        ),
        ("server-side-request", "return requests.get(f\"{request.args['of']}/api/{request.args['q']}\").json()", 1),
    ],
)
def test_what_is_found_by_something_sent_is_not_what_was_sent(rule: str, body: str, sure: int, tmp_path: Path) -> None:
    assert sure == _told(tmp_path, rule, {"app.py": _FOUND.replace("BODY", body)}).count("sure")


def test_a_guard_is_called_after_its_decorator_and_a_fix_names_what_arrives(tmp_path: Path) -> None:
    source = """
    from functools import wraps

    from flask import Flask, abort, request
    from flask_login import current_user
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy(app)


    class Order(db.Model):
        id = db.Column(db.Integer, primary_key=True)


    def signed_in(function):
        @wraps(function)
        def wrapper(*args):
            if not current_user.is_authenticated:
                abort(401)
            return function(*args)
        return wrapper


    @app.get("/orders")
    @signed_in
    def orders():
        return [one.id for one in Order.query.all()]


    @app.get("/orders/open")
    @signed_in
    def some():
        return [one.id for one in Order.query.filter_by(id=1).all()]


    @app.get("/orders/all")
    def every():
        return [one.id for one in Order.query.all()]


    @app.post("/orders/<name>")
    @signed_in
    def write(name):
        for key in request.form:
            open(key, "w")
        return ""
    """
    found = result_of(tmp_path, {"app.py": source}).findings

    assert ["signed_in"] == [
        one.fix.partition("(")[2].partition(",")[0] for one in found if one.rule == "missing-guard"
    ]
    assert [True] == ["test it" in one.fix or "secure_filename(key)" in one.fix for one in found if "path" in one.rule]


# -- what other routes tell --------------------------------------------------------------------------------------------

_PAGES = """
    from flask import Flask, abort, request
    from flask.views import MethodView
    from flask_login import current_user
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy(app)


    class Order(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        user_id = db.Column(db.Integer)


    class Page(MethodView):
        def get(self):
            log = Order.query.all()
            return self.shown()


    class Signed(Page):
        def shown(self):
            if not current_user.is_authenticated:
                abort(401)
            return ""


    class Start(Page):
        def shown(self):
            return ""


    class Own(MethodView):
        def get(self):
            if not current_user.is_authenticated:
                abort(401)
            return str(Order.query.all())


    class Other(MethodView):
        def get(self):
            return str(Order.query.all())


    app.add_url_rule("/a", view_func=Own.as_view("a"))
    app.add_url_rule("/b", view_func=VIEW.as_view("b"))
    app.add_url_rule("/c", view_func=Signed.as_view("c"))
    app.add_url_rule("/d", view_func=Signed.as_view("d"))
"""


@pytest.mark.parametrize(("view", "sure"), [("Start", 0), ("Other", 1)])
def test_what_a_function_shared_with_guarded_routes_does_is_decided_behind_it(
    view: str, sure: int, tmp_path: Path
) -> None:
    assert sure == _told(tmp_path, "missing-guard", {"app.py": _PAGES.replace("VIEW", view)}).count("sure")


_FEED = """
    from flask import Flask, abort
    from flask_jwt_extended import jwt_required
    from flask_smorest import Blueprint
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy(app)


    class Event(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        user_id = db.Column(db.Integer)


    def of(token):
        return Event.query.all()


    @app.get("/events")
    @jwt_required()
    def events():
        return [one.id for one in Event.query.all()]


    @app.get("/events/old")
    @jwt_required()
    def old():
        return [one.id for one in Event.query.all()]


    @app.get("/events.ics")
    @arguments(Query, location="query")
    def feed(args):
        Event.query.all()
        return str(of(args["NAME"]))
"""


@pytest.mark.parametrize(("name", "sure"), [("token", 0), ("page_token", 1), ("kind", 1)])
def test_a_feed_that_is_given_a_token_is_for_who_was_sent_it(name: str, sure: int, tmp_path: Path) -> None:
    assert sure == _told(tmp_path, "missing-guard", {"app.py": _FEED.replace("NAME", name)}).count("sure")


@pytest.mark.parametrize(("path", "found"), [("contact_staff", 0), ("staff_rooms", 1)])
def test_who_may_be_called_is_no_page_of_theirs(path: str, found: int, tmp_path: Path) -> None:
    source = f"""
    from flask import Flask
    from flask_login import login_required
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy(app)


    class Room(db.Model):
        id = db.Column(db.Integer, primary_key=True)


    @app.get("/{path}/")
    @login_required
    def rooms():
        return [one.id for one in Room.query.all()]
    """

    assert found == _told(tmp_path, "admin-exposed", {"app.py": source}).count("sure")


@pytest.mark.parametrize(
    ("check", "sure"),
    [("sent == os.environ['API_PASSWORD']", 0), ("sent in people", 1)],
)
def test_where_one_password_lets_in_nobody_owns_anything(check: str, sure: int, tmp_path: Path) -> None:
    source = f"""
    import os

    from fastapi import Depends, FastAPI, Header, HTTPException
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    app = FastAPI()
    people = {{"k1": "ana", "k2": "ben"}}


    class Base(DeclarativeBase):
        pass


    class Trade(Base):
        __tablename__ = "trades"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int]


    def is_right(sent):
        return {check}


    def signed_in(authorization: str = Header()):
        if not is_right(authorization):
            raise HTTPException(401)


    @app.delete("/trades/{{trade_id}}", dependencies=[Depends(signed_in)])
    def delete(trade_id: int):
        with Session() as session:
            session.delete(session.get(Trade, trade_id))
    """

    assert sure == _told(tmp_path, "missing-ownership", {"app.py": source}).count("sure")


# -- connections, cookies, keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("protocol", "told"), [("PROTOCOL_TLS_SERVER", []), ("PROTOCOL_TLS_CLIENT", ["sure"])])
def test_a_server_asks_its_callers_for_no_certificate(protocol: str, told: list[str], tmp_path: Path) -> None:
    source = f"""
    import ssl

    def made():
        context = ssl.SSLContext(ssl.{protocol})
        context.verify_mode = ssl.CERT_NONE
        return context
    """

    assert told == _told(tmp_path, "unverified-certificate", {"app.py": source})


@pytest.mark.parametrize(("name", "found"), [("login_redirect", 0), ("login", 1)])
def test_a_cookie_that_says_where_to_go_signs_nobody_in(name: str, found: int, tmp_path: Path) -> None:
    source = f"""
    def signed_in(response, value):
        response.set_cookie("{name}", value, max_age=3600)
    """

    assert found == len(_told(tmp_path, "cookie-readable-by-scripts", {"app.py": source}))


@pytest.mark.parametrize(("name", "told"), [("next_page_token", []), ("billing_token", ["sure"])])
def test_a_place_in_a_list_is_no_secret(name: str, told: list[str], tmp_path: Path) -> None:
    assert told == _told(tmp_path, "secret-in-source", {"app.py": f'found = {{"{name}": "{_SAMPLE}"}}\n'})


@pytest.mark.parametrize(("name", "told"), [("DocumentationConfig", []), ("StagingConfig", ["sure"])])
def test_a_configuration_to_build_the_documentation_serves_nobody(name: str, told: list[str], tmp_path: Path) -> None:
    assert told == _told(
        tmp_path, "hard-coded-key", {"config.py": f'class {name}:\n    SECRET_KEY = "keep-it-{_SECRET}"\n'}
    )


def test_a_part_of_a_program_in_base64_is_no_token(tmp_path: Path) -> None:
    token = "EAAB" + "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=150))
    files = {"a.js": f'var e = atob("AGFz/{token}/AAh");\n', "b.js": f'var url = "/me?access_token={token}";\n'}

    assert ["b.js"] == [one.span.path for one in result_of(tmp_path, files).findings if one.rule == "provider-secret"]


@pytest.mark.parametrize(("given", "sure"), [("None", 0), ("unverified", 1)])
def test_who_gives_nothing_back_has_believed_nothing(given: str, sure: int, tmp_path: Path) -> None:
    source = f"""
    import jwt

    def verified(token, keys):
        unverified = jwt.decode(token, options={{"verify_signature": False}})
        key = keys.get(unverified["kid"])
        if key is None:
            return {given}
        return jwt.decode(token, key, algorithms=["RS256"])
    """

    assert sure == _told(tmp_path, "unverified-jwt", {"app.py": source}).count("sure")


@pytest.mark.parametrize(("value", "found"), [("jwt.decode(auth_token, key)", 0), ("auth_token.decode()", 1)])
def test_the_claims_of_a_token_are_not_the_token(value: str, found: int, tmp_path: Path) -> None:
    source = f"""
    import logging

    import jwt

    log = logging.getLogger(__name__)

    def read(auth_token, key):
        claims = {value}
        log.debug("read: %s", claims)
    """

    assert found == _told(tmp_path, "logged-secret", {"app.py": source}).count("sure")
