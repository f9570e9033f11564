"""flask-smorest: what it answers to exceptions, and what it refuses with."""

from flask import abort as aborted


def abort(http_status_code, **kwargs):
    aborted(http_status_code)


class Api:
    def handle_http_exception(self, error):
        return {}, error.code, {}
