import logging

from fastapi import FastAPI, Request

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
logger = logging.getLogger(__name__)


@app.get("/a")
def by_fstring(name: str):
    logger.info(f"asked for {name}")  # expect: log-injection
    return {}


@app.get("/b")
async def header(request: Request):
    logging.warning("from " + request.headers["x-agent"])  # expect: log-injection
    return {}


@app.get("/c")
def as_repr(name: str):
    logger.info(f"asked for {name!r}")
    logger.info("asked for " + repr(name))
    return {}


@app.get("/d")
def number(order: int):
    logger.info(f"asked for {order}")
    return {}


@app.get("/e")
def one_line(name: str):
    if "\n" in name:
        return {}
    logger.info("asked for " + name)
    return {}


@app.get("/f")
def a_field(name: str):
    logger.info("asked", extra={"asked": len(name)})
    return {}
