"""Paste: headers of WSGI, each an object that finds itself among those of a request: `AUTHORIZATION(request.environ)`."""


class HTTPHeader:
    def __init__(self, name):
        self.name = name

    def __call__(self, environ):
        return environ.get(self.name, "")

    def parse(self, environ):
        return environ.get(self.name, "")

    def tuples(self, *given, **named):
        return [(self.name, given)]

    def update(self, headers, *given, **named):
        return None

    def apply(self, headers, *given, **named):
        return None


AUTHORIZATION = HTTPHeader("HTTP_AUTHORIZATION")
COOKIE = HTTPHeader("HTTP_COOKIE")
CACHE_CONTROL = HTTPHeader("HTTP_CACHE_CONTROL")
CONTENT_DISPOSITION = HTTPHeader("HTTP_CONTENT_DISPOSITION")
CONTENT_LENGTH = HTTPHeader("CONTENT_LENGTH")
CONTENT_TYPE = HTTPHeader("CONTENT_TYPE")
ETAG = HTTPHeader("HTTP_ETAG")
EXPIRES = HTTPHeader("HTTP_EXPIRES")
HOST = HTTPHeader("HTTP_HOST")
IF_MODIFIED_SINCE = HTTPHeader("HTTP_IF_MODIFIED_SINCE")
IF_NONE_MATCH = HTTPHeader("HTTP_IF_NONE_MATCH")
LAST_MODIFIED = HTTPHeader("HTTP_LAST_MODIFIED")
LOCATION = HTTPHeader("HTTP_LOCATION")
REMOTE_USER = HTTPHeader("REMOTE_USER")
SET_COOKIE = HTTPHeader("HTTP_SET_COOKIE")
USER_AGENT = HTTPHeader("HTTP_USER_AGENT")
WWW_AUTHENTICATE = HTTPHeader("HTTP_WWW_AUTHENTICATE")
