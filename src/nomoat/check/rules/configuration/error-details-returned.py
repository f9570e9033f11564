import logging
import traceback

from django.http import HttpResponse
from fastapi import HTTPException
from flask import Flask, jsonify

app = Flask(__name__)


def a():
    try:
        return jsonify(ok=work())
    except ValueError as error:
        return jsonify({"error": str(error), "trace": traceback.format_exc()}), 500  # expect: error-details-returned


def b(request):
    try:
        return HttpResponse(work())
    except ValueError:
        said = traceback.format_exc()
        return HttpResponse(f"<pre>{said}</pre>", status=500)  # expect: error-details-returned


def c():
    try:
        return work()
    except ValueError:
        raise HTTPException(500, detail=traceback.format_exc())  # expect: error-details-returned


@app.errorhandler(500)
def d(error):
    return "".join(traceback.format_exception(error)), 500  # expect: error-details-returned


@app.errorhandler(404)
def safe_answer(error):
    logging.error(traceback.format_exc())
    return "this is not here", 404


def safe():
    try:
        return jsonify(ok=work())
    except ValueError:
        logging.error(traceback.format_exc())
        return jsonify(error="this did not work"), 500


def safe_too(request):
    try:
        return HttpResponse(work())
    except ValueError:
        print(traceback.format_exc())
        return HttpResponse("this did not work", status=500)


def and_this():
    try:
        return work()
    except ValueError:
        logging.exception("work")
        raise HTTPException(500, detail="this did not work")


def work():
    return 1
