"""What code changes after a guard was defined, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done

_HEAD = """
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.security import APIKeyHeader

app = FastAPI(openapi_url=None)
key = APIKeyHeader(name="x-key", auto_error=False)
ASKS = True
TABLE = {"asks": True}

class Settings:
    asks = True
settings = Settings()

def check(k=Depends(key)):
    if k is None: raise HTTPException(401)
def by_name(k=Depends(key)):
    if ASKS and k is None: raise HTTPException(401)
def by_setting(k=Depends(key)):
    if settings.asks and k is None: raise HTTPException(401)
def by_table(k=Depends(key)):
    if TABLE["asks"] and k is None: raise HTTPException(401)


"""
_ROUTE = """
@app.get("/d", dependencies=[Depends({check})])
def d(): return 1
"""
_ROUTER = """
@router.get("/d")
def d(): return 1
app.include_router(router)
"""
_EACH_TIME = """
@app.middleware("http")
async def each_time(request, call_next):
    off()
    return await call_next(request)
"""
_OPEN = {
    "a name that a function changes": """
def off():
    global ASKS
    ASKS = False
""" + _EACH_TIME + _ROUTE.format(check="by_name"),
    "a setting that a function changes": """
def off(): settings.asks = False
""" + _EACH_TIME + _ROUTE.format(check="by_setting"),
    "a setting that a function changes by its name": """
def off(): setattr(settings, "asks", False)
""" + _EACH_TIME + _ROUTE.format(check="by_setting"),
    "a table that a function changes": """
def off(): TABLE["asks"] = False
""" + _EACH_TIME + _ROUTE.format(check="by_table"),
    "a setting that is changed for all": """
Settings.asks = False
""" + _ROUTE.format(check="by_setting"),
    "all names of the module": """
globals()["ASKS"] = False
""" + _ROUTE.format(check="by_name"),
    "a check that a function replaces": """
def refuse(k):
    if k is None: raise HTTPException(401)
def off():
    global refuse
    refuse = lambda k: None
def by_refuse(k=Depends(key)): refuse(k)
""" + _EACH_TIME + _ROUTE.format(check="by_refuse"),
    "the code of a check": """
def other(k=Depends(key)): return k
check.__code__ = other.__code__
""" + _ROUTE.format(check="check"),
    "a router that is given other checks": """
router = APIRouter(dependencies=[Depends(check)])
router.dependencies = []
""" + _ROUTER,
    "the application's own": """
app = FastAPI(openapi_url=None, dependencies=[Depends(check)])
app.router.dependencies = []
@app.get("/d")
def d(): return 1
""",
    "checks of a router, taken out": """
router = APIRouter(dependencies=[Depends(check)])
del router.dependencies[:]
""" + _ROUTER,
    "checks of a list, all replaced": """
checks = [Depends(check)]
checks[:] = []
@app.get("/d", dependencies=checks)
def d(): return 1
""",
    "one check of a list, replaced": """
checks = [Depends(check)]
checks[0] = Depends(lambda: None)
@app.get("/d", dependencies=checks)
def d(): return 1
""",
    "one check of a list, deleted": """
checks = [Depends(check)]
del checks[0]
@app.get("/d", dependencies=checks)
def d(): return 1
""",
    "checks that come after the route": """
router = APIRouter()
@router.get("/d")
def d(): return 1
router.dependencies.append(Depends(check))
app.include_router(router)
""",
    "checks that come after the router was included": """
router = APIRouter()
@router.get("/d")
def d(): return 1
app.include_router(router)
router.dependencies.append(Depends(check))
""",
    "checks that are added to a list after the route": """
checks = []
@app.get("/d", dependencies=checks)
def d(): return 1
checks.append(Depends(check))
""",
    "checks that are added to a list after the application": """
checks = []
app = FastAPI(openapi_url=None, dependencies=checks)
@app.get("/d")
def d(): return 1
checks.append(Depends(check))
""",
    "checks of routes that are made": _ROUTE.format(check="check") + """
for route in app.routes:
    route.dependant.dependencies.clear()
""",
}  # fmt: skip
_OTHER = """
from fastapi import HTTPException
ASKS = True
def refuse(k):
    if k is None: raise HTTPException(401)
"""
_OPEN_ELSEWHERE = {
    "a name of another module": "other.ASKS = False",
    "the same by its name": 'setattr(other, "ASKS", False)',
    "a name of another module, by a function": "def off(): other.ASKS = False\noff()",
    "a function of another module": "other.refuse = lambda k: None",
}
_ASKS_OTHER = """
import other
def by_other(k=Depends(key)):
    if other.ASKS: other.refuse(k)
"""


@pytest.mark.parametrize("how", _OPEN)
def test_what_is_changed_later_is_not_guarded_for_sure(how: str, tmp_path: Path) -> None:
    verdict, is_refused = told_and_done(tmp_path, _HEAD + _OPEN[how])

    assert not is_refused
    assert verdict != "guarded"


@pytest.mark.parametrize("how", _OPEN_ELSEWHERE)
def test_what_another_module_changes_is_not_guarded_for_sure(how: str, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(_OTHER)
    source = _HEAD + _ASKS_OTHER + _ROUTE.format(check="by_other") + _OPEN_ELSEWHERE[how]

    verdict, is_refused = told_and_done(tmp_path, source)

    assert not is_refused
    assert verdict != "guarded"


@pytest.mark.parametrize("check", ["check", "by_name", "by_setting", "by_table"])
def test_what_only_a_test_changes_guards(check: str, tmp_path: Path) -> None:
    (tmp_path / "test_main.py").write_text("import main\ndef test_it():\n    main.ASKS = main.settings.asks = False\n")

    assert ("guarded", True) == told_and_done(tmp_path, _HEAD + _ROUTE.format(check=check))
