import logging

from django.http import JsonResponse
from fastapi import FastAPI, HTTPException
from flask import Flask, jsonify
from starlette.applications import Starlette
from starlette.responses import JSONResponse

app = Flask(__name__)
api = FastAPI()


def work():
    return 1


@app.get("/a")
def a():
    try:
        return jsonify(ok=work())
    except Exception as error:
        return jsonify(error=str(error)), 500  # expect: error-text-returned


@api.get("/b")
def b():
    try:
        return work()
    except Exception as e:
        raise HTTPException(500, detail=f"it broke: {e}")  # expect: error-text-returned


@app.errorhandler(Exception)
def c(error):
    return {"detail": repr(error)}, 500  # expect: error-text-returned


@app.get("/d")
def d():
    try:
        return work()
    except (ValueError, OSError) as error:
        return "failed: %s" % error, 500  # expect: error-text-returned


@app.get("/logged")
def logged():
    try:
        return jsonify(ok=work())
    except Exception as error:
        logging.error("work: %s", error)
        return jsonify(error="this did not work"), 500


@app.get("/expected")
def expected():
    try:
        return jsonify(ok=work())
    except ValueError as error:
        return jsonify(error=str(error)), 400


@app.get("/raised")
def raised():
    try:
        return jsonify(ok=work())
    except Exception as error:
        raise RuntimeError(f"work: {error}") from error


@app.errorhandler(404)
def missing(error):
    return jsonify(error=str(error)), 404


def told(request):
    try:
        return JsonResponse({"ok": work()})
    except Exception as error:
        return JsonResponse({"kind": type(error).__name__}, status=500)


async def told_by_table(request, exc):
    return JSONResponse({"error": repr(exc)})  # expect: error-text-returned


async def not_found(request, exc):
    return JSONResponse({"error": str(exc)})


by_table = Starlette(exception_handlers={Exception: told_by_table, 404: not_found})
