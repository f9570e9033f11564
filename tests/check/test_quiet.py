"""What looks like a fault and is none because of something that stands elsewhere in the project, with its twin."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import findings_of, result_of


def _sure(root: Path, rule: str, source: str) -> int:
    return sum(one.confidence == "sure" for one in findings_of(root, rule, source))


_CORS = """
    from flask import Flask
    from flask_cors import cross_origin

    app = Flask(__name__)
    {setting}

    @app.route("/login", methods=["POST"])
    @cross_origin(supports_credentials=True)
    def login():
        return ""
"""


@pytest.mark.parametrize(("setting", "found"), [("", 1), ('app.config["CORS_ORIGINS"] = ["https://shop.example"]', 0)])
def test_origins_of_a_setting_are_not_every_origin(setting: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "cross-origin-with-credentials", _CORS.replace("{setting}", setting))


_MIDDLEWARE = """
    ROOT_URLCONF = "shop.urls"
    INSTALLED_APPS = ["shop"]
    MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"{more}]
"""


@pytest.mark.parametrize(("more", "found"), [("", 1), (', "verbose.CsrfViewMiddleware"', 0)])
def test_a_middleware_of_another_package_protects_as_well(more: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "csrf-disabled", _MIDDLEWARE.replace("{more}", more))


_OF_REST_FRAMEWORK = """
    from rest_framework.decorators import api_view
    {views}

    ROOT_URLCONF = "shop.urls"
    INSTALLED_APPS = ["shop"]
    MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
"""


@pytest.mark.parametrize(
    ("views", "found"), [("", 0), ("from django.contrib.auth.decorators import login_required", 1)]
)
def test_views_of_rest_framework_never_ask_the_middleware(views: str, found: int, tmp_path: Path) -> None:
    source = _OF_REST_FRAMEWORK.replace("{views}", views)

    assert found == _sure(tmp_path, "csrf-disabled", source)


_HANDLER = """
    from tornado.web import Application, RequestHandler

    class Page(RequestHandler):
        def get_current_user(self):
            return self.{cookie}("user")

        def check_xsrf_cookie(self):
            {body}

    app = Application([("/", Page)])
"""


@pytest.mark.parametrize(
    ("body", "found"),
    [("pass", 1), ("return", 1), ("super().check_xsrf_cookie()", 0), ("self.asked = True", 0)],
)
def test_a_check_that_asks_nothing_takes_forged_requests(body: str, found: int, tmp_path: Path) -> None:
    source = _HANDLER.replace("{body}", body).replace("{cookie}", "get_secure_cookie")

    assert found == _sure(tmp_path, "forged-requests", source)


_INVITED = """
    from fastapi import Depends, FastAPI, Header, HTTPException
    from flask_sqlalchemy import SQLAlchemy
    import sqlite3

    app = FastAPI()

    def signed_in(authorization: str = Header()):
        if authorization != read_key():
            raise HTTPException(401)
        return authorization

    @app.get("/members/{one}", dependencies=[Depends(signed_in)])
    def member(one: int):
        return sqlite3.connect("shop.db").execute("SELECT * FROM members WHERE id = ?", (one,)).fetchone()

    @app.get("/members/{one}/mails", dependencies=[Depends(signed_in)])
    def mails(one: int):
        return sqlite3.connect("shop.db").execute("SELECT email FROM members WHERE id = ?", (one,)).fetchone()

    @app.get("/members/of/{PART}")
    def tried(PART: str):
        return sqlite3.connect("shop.db").execute("SELECT email FROM members WHERE key = ?", (PART,)).fetchone()
"""


@pytest.mark.parametrize(("part", "found"), [("number", 1), ("token", 0)])
def test_who_was_sent_a_token_may_read(part: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "missing-guard", _INVITED.replace("PART", part))


_STATEMENTS = """
    import sqlite3
    from fastapi import FastAPI

    app = FastAPI()

    def rows(sql, *values):
        return sqlite3.connect("shop.db").execute(sql, values).fetchall()

    @app.get("/a")
    def a(name: str):
        return by_name(name)

    @app.get("/b")
    def b(word: str):
        return {second}

    def by_name(name):
        return rows("SELECT * FROM a WHERE name = '" + name + "'")

    def by_word(word):
        return rows(f"SELECT * FROM b WHERE word = '{word}'")

    def by_value(word):
        return rows("SELECT * FROM b WHERE word = ?", word)
"""


@pytest.mark.parametrize(("second", "found"), [("by_word(word)", 2), ("by_value(word)", 1), ("by_name(word)", 1)])
def test_each_statement_that_goes_through_one_call_is_told(second: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "sql-injection", _STATEMENTS.replace("{second}", second))


_DEPLOYED = """
    DEBUG = False
    ALLOWED_HOSTS = [{host}]
    ROOT_URLCONF = "shop.urls"
    INSTALLED_APPS = ["django.contrib.sessions"]
    SECURE_SSL_REDIRECT = True
    {more}
"""


@pytest.mark.parametrize(
    ("name", "host", "more", "found"),
    [
        ("shop/settings.py", '"shop.example"', "", 1),
        ("shop/settings/production.py", '"*"', "", 1),
        ("shop/settings/production.py", '"*"', "SESSION_COOKIE_SECURE = True", 0),
        ("shop/settings.py", '"localhost"', "", 0),
        ("shop/settings/development.py", '"localhost"', "", 0),
        ("shop/settings/production.py", '"*"', "globals().update(read())", 0),
        ("shop/settings/production.py", '"*"', "from elsewhere import *", 0),
    ],
)
def test_a_cookie_is_missed_only_where_it_is_deployed(
    name: str, host: str, more: str, found: int, tmp_path: Path
) -> None:
    source = _DEPLOYED.replace("{host}", host).replace("{more}", more)

    findings = result_of(tmp_path, {name: source}).findings

    assert found == sum(one.rule == "deployed-without-secure-cookie" and one.confidence == "sure" for one in findings)


def test_what_production_takes_from_elsewhere_counts(tmp_path: Path) -> None:
    base = _DEPLOYED.replace("{host}", '"*"').replace("{more}", "SESSION_COOKIE_SECURE = True")
    files = {"shop/__init__.py": "", "shop/base.py": base, "shop/production.py": "from .base import *\nDEBUG = False\n"}

    assert [] == [one for one in result_of(tmp_path, files).findings if one.rule == "deployed-without-secure-cookie"]


_ROW = """
    def keep(database, user):
        row = {"name": user.name, "password": user.password}
        return database.users.{call}(row)
"""


@pytest.mark.parametrize(("call", "found"), [("render", 1), ("insert_one", 0)])
def test_what_is_stored_is_answered_to_nobody(call: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "password-in-answer", _ROW.replace("{call}", call))


_CERTIFICATE = """
    import socket
    import ssl

    def look(host):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection((host, 443)) as raw, context.wrap_socket(raw, server_hostname=host) as sock:
            return sock.{call}(True)
"""


@pytest.mark.parametrize(("call", "found"), [("recv", 1), ("getpeercert", 0)])
def test_who_looks_at_a_certificate_trusts_nobody_by_it(call: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "unverified-certificate", _CERTIFICATE.replace("{call}", call))


_BLOCK = """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    def of_block(key, data):
        made = Cipher(algorithms.AES(key), modes.ECB()).{what}()
        return made.update(data) + made.finalize()
"""


@pytest.mark.parametrize(("what", "found"), [("encryptor", 1), ("decryptor", 0)])
def test_what_others_encrypted_can_only_be_read_so(what: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "ecb-mode", _BLOCK.replace("{what}", what))


@pytest.mark.parametrize(("value", "found"), [("PI_DB_PASSWORD", 0), ("vq83-Rn2_kQ", 1)])
def test_the_name_of_a_setting_is_no_secret(value: str, found: int, tmp_path: Path) -> None:
    files = {"config.py": f'class ConfigKeys:\n    DB_PASSWORD = "{value}"\n'}

    findings = [one for one in result_of(tmp_path, files).findings if one.rule == "hard-coded-password"]

    assert found == len(findings)
    assert all("DB_PASSWORD" in one.message for one in findings)


_SETTINGS = """
    from flask import Flask, current_app, jsonify

    app = Flask(__name__)

    def search(config, words):
        return [config["HOST"], words]

    @app.route("/found")
    def found():
        return jsonify({shown})
"""


@pytest.mark.parametrize(("shown", "found"), [("dict(current_app.config)", 1), ('search(current_app.config, "a")', 0)])
def test_settings_that_are_handed_on_are_not_shown(shown: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "debug-exposed", _SETTINGS.replace("{shown}", shown))


_MATCHED = """
    import os
    import re
    from flask import Flask, abort, request

    app = Flask(__name__)

    @app.route("/page")
    def page():
        name = request.args["name"]
        if {test}:
            abort(404)
        return open(os.path.join("/srv/pages", name)).read()
"""


@pytest.mark.parametrize(
    ("test", "found"),
    [
        (r"not re.match(r'^[\w.+-]+$', name)", 0),
        (r"not re.fullmatch(r'[a-z0-9_.*]+', name)", 0),
        (r"re.search(r'[^\w.-]', name)", 0),
        (r"not re.match(r'^[\w./+-]+$', name)", 1),
        (r"not re.match(r'^.+$', name)", 1),
        (r"re.search(r'[^\w./]', name)", 1),
    ],
)
def test_a_class_with_a_dot_is_narrow_and_one_with_a_slash_climbs(test: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "path-traversal", _MATCHED.replace("{test}", test))


_ADDRESS = """
    import ipaddress
    import socket
    from urllib.parse import urlparse
    import requests
    from flask import Flask, abort, request

    app = Flask(__name__)

    @app.route("/fetch")
    def fetch():
        url = request.args["url"]
        address = ipaddress.ip_address(socket.gethostbyname(urlparse(url).hostname))
        if {test}:
            abort(400)
        return requests.get(url, timeout=5).text
"""


@pytest.mark.parametrize(
    ("test", "found"), [("not address.is_global", 0), ("address.is_private", 0), ("address.is_global", 1)]
)
def test_who_asks_for_the_address_has_thought_of_it(test: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "server-side-request", _ADDRESS.replace("{test}", test))


_ACCOUNTS = """
    from flask import Flask, abort, request
    from flask_login import current_user
    from flask_sqlalchemy import SQLAlchemy
    from functools import wraps

    app = Flask(__name__)
    db = SQLAlchemy(app)

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        is_admin = db.Column(db.Boolean)

    def for_some(view):
        @wraps(view)
        def wrapped(*args, **kwargs):
            if not current_user.is_authenticated{more}:
                abort(403)
            return view(*args, **kwargs)
        return wrapped

    @app.route("/users", methods=["POST"])
    @for_some
    def make():
        db.session.add(User(**request.get_json()))
        return "", 201
"""


@pytest.mark.parametrize(("more", "found"), [("", 1), (" or not current_user.is_admin", 0)])
def test_who_administrates_may_say_what_accounts_have(more: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "mass-assignment", _ACCOUNTS.replace("{more}", more))


_DICTS = """
    from django.http import HttpResponse
    from django.urls import path

    ROOT_URLCONF = "app"

    def shown(request):
        return HttpResponse({shown})

    urlpatterns = [path("shown", shown)]
"""


@pytest.mark.parametrize(
    ("shown", "found"), [('"<p>" + request.GET.dict()["name"]', 1), ('"<p>" + str(len(request.GET.dict()))', 0)]
)
def test_a_method_called_like_a_function_of_python_keeps_what_it_is_called_on(
    shown: str, found: int, tmp_path: Path
) -> None:
    assert found == _sure(tmp_path, "cross-site-scripting", _DICTS.replace("{shown}", shown))


_DELETES = """
    import sqlite3
    from fastapi import Depends, FastAPI, Header, HTTPException

    app = FastAPI()

    def signed_in(authorization: str = Header()):
        if authorization != read_key():
            raise HTTPException(401)

    @app.post("/books", dependencies=[Depends(signed_in)])
    def add(title: str):
        sqlite3.connect("shop.db").execute("INSERT INTO books (title) VALUES (?)", (title,))

    @app.{method}("/notes/{{note_id}}")
    def tried(note_id: int):
        sqlite3.connect("shop.db").execute("DELETE FROM notes WHERE id = ?", (note_id,))
"""


@pytest.mark.parametrize(("method", "found"), [("delete", 1), ("post", 0)])
def test_nobody_lets_anyone_delete_a_row_by_its_number(method: str, found: int, tmp_path: Path) -> None:
    source = _DELETES.replace("{method}", method).replace("{{", "{").replace("}}", "}")

    assert found == _sure(tmp_path, "missing-guard", source)


_COMPAT = """
    from django.http import HttpResponseRedirect
    from django.urls import path

    ROOT_URLCONF = "app"

    def moved(request, name):
        url = {url}
        return HttpResponseRedirect(url)

    urlpatterns = [path("lists/<str:name>/", moved)]
"""


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ('request.path.replace(name, "all", 1) + "?" + request.GET.urlencode()', 0),
        ('"//old.example/".replace("//old.example/", request.GET["to"])', 1),
    ],
)
def test_what_is_looked_for_is_no_part_of_what_stands_there(url: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "open-redirect", _COMPAT.replace("{url}", url))


_MACHINES = """
    from django.conf import settings
    from django.contrib.auth.decorators import login_required, permission_required
    from django.core.exceptions import PermissionDenied
    from django.db import models
    from django.http import HttpResponse
    from django.urls import path
    from django.views.decorators.http import require_POST

    ROOT_URLCONF = "app"

    class Mail(models.Model):
        text = models.TextField()

    def with_key(view):
        def wrapped(request, *args):
            if request.headers.get("Authorization") != settings.ARCHIVER_KEY:
                raise PermissionDenied
            return view(request, *args)
        return wrapped

    {more}

    @require_POST
    @{guard}
    def keep(request):
        Mail.objects.create(text=request.POST["text"])
        return HttpResponse("")

    urlpatterns = [path("keep", keep), {paths}]
"""
_MORE = """
    @require_POST
    @permission_required("app.change_mail", raise_exception=True)
    def one_{n}(request):
        Mail.objects.filter(text="").update(text="{n}")
        return HttpResponse("")
"""


@pytest.mark.parametrize(("guard", "found"), [("login_required", 1), ("with_key", 0)])
def test_a_key_of_a_service_is_no_weaker_than_roles_of_people(guard: str, found: int, tmp_path: Path) -> None:
    more = "".join(_MORE.replace("{n}", str(n)) for n in range(4))
    paths = ", ".join(f'path("{n}", one_{n})' for n in range(4))
    source = _MACHINES.replace("    {more}\n", more).replace("{paths}", paths).replace("{guard}", guard)

    assert found == _sure(tmp_path, "weaker-guard", source)


_GUESTS = """
    from django.contrib.auth.decorators import login_required
    from django.db import models
    from django.http import HttpResponse
    from django.urls import path

    ROOT_URLCONF = "app"

    class Address(models.Model):
        email = models.TextField()

    {more}

    def tried(request):
        {test}
            return HttpResponse(Address.objects.filter(user=request.user).count())
        return HttpResponse(Address.objects.count())

    urlpatterns = [path("tried", tried), {paths}]
"""
_OTHER = """
    @login_required
    def one_{n}(request):
        return HttpResponse(Address.objects.filter(user=request.user).count())
"""


@pytest.mark.parametrize(("test", "found"), [("if request.user.is_authenticated:", 0), ('if "all" in request.GET:', 1)])
def test_who_is_not_signed_in_was_thought_of(test: str, found: int, tmp_path: Path) -> None:
    more = "".join(_OTHER.replace("{n}", str(n)) for n in range(4))
    paths = ", ".join(f'path("{n}", one_{n})' for n in range(4))
    source = _GUESTS.replace("    {more}\n", more).replace("{paths}", paths).replace("{test}", test)

    assert found == _sure(tmp_path, "missing-guard", source)


_GROUPS = """
    from flask import Flask, abort
    from flask_login import LoginManager, current_user, login_required
    from flask_sqlalchemy import SQLAlchemy
    from shop.scopes import needs_scope

    app = Flask(__name__)
    LoginManager(app)
    db = SQLAlchemy(app)

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    class Group(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        user_id = db.Column(db.ForeignKey("user.id"))
        notes = db.relationship("Note")

    class Note(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        group_id = db.Column(db.ForeignKey("group.id"))

    @app.delete("/groups/<int:group_id>/notes/<int:note_id>")
    @login_required
    def remove(group_id, note_id):
        group = Group.query.filter_by(id=group_id, user_id=current_user.id).first_or_404()
        note = {found}
        db.session.delete(note)
        db.session.commit()
        return "", 204

    @app.get("/groups/<int:group_id>")
    @login_required
    {asks}
    def show(group_id):
        return str(Group.query.get_or_404(group_id).id)
"""


@pytest.mark.parametrize(
    ("found", "asks", "sure"),
    [
        ("group.notes.get(note_id)", "", 1),
        ("group.notes.get(note_id)", '@needs_scope("read:groups")', 0),
    ],
)
def test_what_is_of_the_outer_object_and_what_a_decorator_is_told(
    found: str, asks: str, sure: int, tmp_path: Path
) -> None:
    source = _GROUPS.replace("{found}", found).replace("{asks}", asks)

    assert sure == _sure(tmp_path, "missing-ownership", source)


_KEPT = """
    import jwt

    def ends(row):
        return jwt.decode({token}, options={{"verify_signature": False, "verify_exp": False}})["exp"]
"""


@pytest.mark.parametrize(
    ("token", "found"),
    [
        ("row.extra_data['id_token']", 0),
        ("tokens['id_token']", 0),
        ("row.extra_data['access_token']", 1),
        ("row['id_token']", 1),
    ],
)
def test_an_id_token_that_the_issuer_answered_with_is_its_own(token: str, found: int, tmp_path: Path) -> None:
    """OpenID Connect Core 1.0, section 3.1.3.7, item 6: TLS may stand for the signature."""
    source = _KEPT.format(token=token)

    assert found == _sure(tmp_path / "a", "unverified-jwt", source) == _sure(tmp_path / "b", "ignored-expiry", source)


_MADE = """
    from django.contrib.auth import get_user_model
    from django.urls import path

    User = get_user_model()

    def register(request):
        user = {user}
        user.password = hashed(request.POST["password"])
        user.save()

    urlpatterns = [path("register/", register)]
"""


@pytest.mark.parametrize(
    ("user", "found"),
    [("User(username=request.POST['username'])", 0), ("User.objects.get(username=request.POST['username'])", 1)],
)
def test_a_password_of_an_account_that_is_made_changes_none(user: str, found: int, tmp_path: Path) -> None:
    assert found == _sure(tmp_path, "account-change", _MADE.format(user=user))
