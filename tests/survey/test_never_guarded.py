"""What lets an anonymous caller pass must never be called guarded, however it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
import os

from fastapi import Depends, FastAPI, HTTPException, Request, Security
from fastapi.security import APIKeyHeader, SecurityScopes

app = FastAPI(openapi_url=None)
header = APIKeyHeader(name="x-key", auto_error=False)
PUBLIC = {"read:data"}


"""
_OPEN = {
    "a mark on the request that something which is not here may have set": """
def check(request: Request):
    if hasattr(request, "_is_trusted"):
        return
    if not request.headers.get("x-key"):
        raise HTTPException(status_code=401)

@app.get("/data", dependencies=[Depends(check)])
def data():
    return []
""",
    "a mark on the request that another function sets, too": """
def trust(request: Request):
    request._kept = True

def check(request: Request):
    if not hasattr(request, "_kept"):
        if not request.headers.get("x-key"):
            raise HTTPException(status_code=401)
        request._kept = True

@app.get("/data", dependencies=[Depends(check)])
def data():
    return []
""",
    "a header that says what is asked about, read in a way that faults without it": """
@app.get("/rows")
def rows(request: Request):
    return find(request.headers["x-tenant"])
""",
    "scopes that everybody has": """
def scopes(key: str | None = Depends(header)) -> set[str]:
    if key is not None:
        return look_up(key)
    return PUBLIC

def check(asked: SecurityScopes, held: set[str] = Depends(scopes)):
    if not set(asked.scopes).issubset(held):
        raise HTTPException(status_code=401)

@app.get("/data", dependencies=[Security(check, scopes=["read:data"])])
def data():
    return []
""",
    "scopes of a key that is perhaps in the request, or those that everybody has": """
from elsewhere import extract, look_up

def key(request: Request):
    return extract(request) or None

def scopes(key: str | None = Depends(key)) -> set[str]:
    if key is not None:
        return look_up(key)
    return PUBLIC

def check(asked: SecurityScopes, held: set[str] = Depends(scopes)):
    if not set(asked.scopes).issubset(held):
        raise HTTPException(status_code=401)

@app.get("/data", dependencies=[Security(check, scopes=["read:data"])])
def data():
    return []
""",
    "scopes that everybody has when a setting says so": """
def scopes(key: str | None = Depends(header)) -> set[str]:
    if key is not None:
        return look_up(key)
    return PUBLIC if os.environ.get("OPEN") else set()

def check(asked: SecurityScopes, held: set[str] = Depends(scopes)):
    if not set(asked.scopes).issubset(held):
        raise HTTPException(status_code=401)

@app.get("/data", dependencies=[Security(check, scopes=["read:data"])])
def data():
    return []
""",
    "a user made up for whoever has no key": """
def user(key: str | None = Depends(header)):
    if key is None:
        return {"name": "guest", "role": "reader"}
    return look_up(key)

@app.get("/data")
def data(who=Depends(user)):
    if not who:
        raise HTTPException(status_code=401)
    return []
""",
    "a list of roles made up for whoever has no key": """
def roles(key: str | None = Depends(header)):
    return look_up(key) if key else ["reader"]

@app.get("/data")
def data(held=Depends(roles)):
    if "reader" not in held:
        raise HTTPException(status_code=403)
    return []
""",
    "faults counted in a loop that may not run": """
def check(request: Request):
    faults = []
    for rule in load_rules():
        faults.append(request.headers.get(rule))
    if faults:
        raise HTTPException(status_code=401)

@app.get("/data", dependencies=[Depends(check)])
def data():
    return []
""",
    "what was found by way of the caller has no such method": """
@app.delete("/data")
def data(key: str | None = Depends(header)):
    entry = find("data", key)
    if hasattr(entry, "delete"):
        entry.delete()
    else:
        raise HTTPException(status_code=405)
    return []
""",
    "what was asked for together with who asks": """
@app.get("/data/{name}")
def data(name: str, key: str | None = Depends(header)):
    entry = find(name, key)
    if not entry:
        raise HTTPException(status_code=400)
    return entry
""",
    "a faulty request for what was asked for together with who asks": """
@app.get("/data/{name}")
def data(name: str, key: str | None = Depends(header)):
    try:
        return find(name, key).read()
    except IndexError:
        raise HTTPException(status_code=400)
""",
    "an answer that cannot be made is no refusal": """
class Unfit(Exception):
    pass

def answer(entry, kind):
    for one in load_kinds():
        if one == kind:
            return entry
    raise Unfit

@app.get("/data/{name}")
def data(name: str, kind: str = "", key: str | None = Depends(header)):
    entry = find(name, key)
    if entry.size > 10:
        raise HTTPException(status_code=400)
    try:
        return answer(entry, entry.kind)
    except Unfit:
        raise HTTPException(status_code=406)
""",
    "a refusal in a handler that may not run": """
@app.get("/data")
def data(key: str | None = Depends(header)):
    try:
        load()
    except OSError:
        if not key:
            raise HTTPException(status_code=401)
    return []
""",
}


@pytest.mark.parametrize("how", _OPEN)
def test_who_has_no_credential_may_pass_so_the_route_is_not_guarded(how: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_HEAD + _OPEN[how])

    (route,) = draw(tmp_path).map.routes

    assert route.verdict != "guarded"
    assert route.binding is None


def test_schemes_of_many_routes_are_never_taken_for_one_another(tmp_path: Path) -> None:
    """A judgement that is remembered by where a value lay in memory becomes that of whatever lies there next."""
    rows = ["from fastapi import Depends, FastAPI", "from fastapi.security import APIKeyHeader", "app = FastAPI()"]
    for number in range(300):
        lenient = "" if number % 2 else ", auto_error=False"
        rows.append(f'@app.get("/{number}")')
        rows.append(f'def r{number}(key: str = Depends(APIKeyHeader(name="x{number}"{lenient}))):\n    return {{}}')
    (tmp_path / "main.py").write_text("\n".join(rows) + "\n")

    verdicts = {route.path[1:]: route.verdict for route in draw(tmp_path).map.routes if route.path[1:].isdigit()}

    assert {str(number): "guarded" if number % 2 else "unguarded" for number in range(300)} == verdicts


@pytest.mark.parametrize(("asked", "verdict"), [("write:data", "guarded"), ("read:data", "unguarded")])
def test_scopes_that_source_gives_to_everybody_are_compared_with_those_asked_for(
    asked: str, verdict: str, tmp_path: Path
) -> None:
    body = _OPEN["scopes that everybody has"].replace('scopes=["read:data"]', f'scopes=["{asked}"]')
    (tmp_path / "main.py").write_text(_HEAD + body)

    (route,) = draw(tmp_path).map.routes

    assert verdict == route.verdict


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("session_maker", "unguarded"), ("db_session", "unguarded"), ("session", "unknown"), ("user_session", "unknown")],
)
def test_a_session_of_a_database_on_the_request_tells_of_nobody(name: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        _HEAD
        + f"""
@app.get("/pages")
def pages(request: Request):
    found = request.state.{name}.scalar("select 1")
    if found is None:
        raise HTTPException(status_code=400)
    return found
"""
    )

    (route,) = draw(tmp_path).map.routes

    assert verdict == route.verdict
