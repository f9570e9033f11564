import hashlib
import hmac
import os

from flask import request

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
