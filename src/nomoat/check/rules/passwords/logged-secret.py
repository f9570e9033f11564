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
