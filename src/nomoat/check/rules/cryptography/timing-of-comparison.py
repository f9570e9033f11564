import hashlib
import hmac
import os

from flask import current_app, request

API_KEY = os.environ["API_KEY"]


def webhook(body, given):
    digest = hmac.new(API_KEY.encode(), body, hashlib.sha256).hexdigest()
    if digest == given:  # expect: timing-of-comparison
        return True
    if "sha256=" + digest != given:  # expect: timing-of-comparison
        return False
    return given == hmac.new(API_KEY.encode(), body, "sha256").hexdigest()  # expect: timing-of-comparison


def called():
    if request.headers.get("X-Api-Key") != API_KEY:  # expect: timing-of-comparison
        return False
    return request.headers["X-Signature"] == expected_signature()  # expect: timing-of-comparison


def scanned():
    if request.headers.get("X-Token") != os.environ["SCAN_TOKEN"]:  # expect: timing-of-comparison
        return False
    if request.args.get("pass") == os.getenv("SCAN_PASSWORD"):  # expect: timing-of-comparison
        return True
    return current_app.config["SCAN_KEY"] == request.form["key"]  # expect: timing-of-comparison


def not_scanned(storage, used):
    if hmac.compare_digest(request.headers.get("X-Token", ""), os.environ["SCAN_TOKEN"]):
        return True
    if os.environ["SCAN_TOKEN"] == "" or os.environ.get("SCAN_TOKEN") == os.environ.get("OLD_TOKEN"):
        return False
    return storage.sort_key == current_app.config["SORT_KEY"] or used == os.environ["SCAN_MODE"]


def expected_signature():
    return ""


def safe(body, given, node, token):
    digest = hmac.new(API_KEY.encode(), body, hashlib.sha256).hexdigest()
    if hmac.compare_digest(digest, given):
        return True
    if not API_KEY or given == "" or API_KEY == "":
        return False
    if token.type == "string" or node.token == "(":
        return False
    code = found_by(hmac.new(API_KEY.encode(), given, "sha256").hexdigest())
    if code.client.id != node.id or code.redirect_uri != node.redirect_uri:
        return False
    return hashlib.sha256(body).hexdigest() == given


def found_by(digest):
    return Code.query.filter_by(digest=digest).first()
