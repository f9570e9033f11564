import jwt
import random
import os
import logging

from flask import Flask, request

app = Flask(__name__)
log = logging.getLogger(__name__)


def bad(username, password, user):
    log.info("login of %s with %s", username, password)  # expect: logged-secret
    logging.debug(f"{username}: {user.password}")  # expect: logged-secret
    app.logger.warning("wrong: " + request.form["password"])  # expect: logged-secret
    log.error("token {}".format(user.access_token))  # expect: logged-secret
    print(username, password)  # expect: logged-secret


def safe(username, password, user):
    log.info("login of %s", username)
    logging.debug("password of %s is wrong", username)
    app.logger.warning("password: %d characters", len(password))
    log.error("password_reset_url is %s", user.password_reset_url)
    print("enter your password")


def forgotten(user):
    reset_code = "".join(random.choices("0123456789", k=6))
    log.info("the code of %s is %s", user.name, reset_code)  # expect: logged-secret


def signed_in(user):
    token = jwt.encode({"sub": user.name}, os.environ["KEY"], algorithm="HS256")
    log.info("a token for %s: %s", user.name, token)  # expect: logged-secret


def parsed(tokens):
    for token in tokens:
        log.debug("next is %s", token)


def who(request):
    logging.info("asked with %s", request.headers["Authorization"])  # expect: logged-secret
    logging.info("asked by %s", request.headers.get("User-Agent"))


def sign_up(request, user, token):
    print("new account", request.form["name"], request.form["password"])  # expect: logged-secret
    logging.info("sign-up: %s", request.form)  # expect: logged-secret
    logging.info("sign-up: %s", request.form["name"])
    logging.info("sign-up with %s fields", len(request.form))
    logging.info("reset token %s", token)  # expect: logged-secret
    logging.info(f"issued token: {token}")  # expect: logged-secret
    logging.info("reset token was sent to %s", user.id)
    logging.info("next token %s of the text", token)
    logging.info("page of %s", request.path)


def search(request):
    logging.info("searched: %s", request.args)
    logging.info("sent: %s", request.form)
