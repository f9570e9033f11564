"""The words of requests: what of one the caller writes, who reads it by himself, what forms make of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from nomoat.survey.models import models

REQUEST_NAMES = frozenset(("request", "websocket", "req", "ws"))
#: What the models of frameworks call the parts of a request that the caller writes.
_WRITTEN = frozenset(("header", "cookie", "query", "input", "meta", "path", "url"))
#: Parts whose entries are texts (or uploads), whatever the caller sends.
TEXT_PARTS = frozenset((
    "args", "form", "values", "headers", "cookies", "query_params", "path_params", "GET", "POST", "COOKIES", "META",
    "match_info", "query", "rel_url", "matchdict", "params", "view_args", "path", "url", "full_path", "query_string",
    "path_info", "path_qs", "referrer", "user_agent", "body", "get_data", "text", "read", "arguments", "post",
    "get_full_path", "stream", "files", "FILES", "raw_path", "body_file", "query_arguments", "body_arguments", "host",
    "forms", "get_param", "bounded_stream",
))  # fmt: skip
#: The others, whose entries may be anything that JSON can say.
_STRUCTURES = frozenset(("json", "get_json", "json_body", "data", "multipart", "media"))
#: Parts of a request in which only some other site, the proxy or the path itself speaks: nobody attacks himself.
WEAK_PARTS = frozenset((
    "path", "full_path", "referrer", "user_agent", "host", "url", "get_full_path", "path_info", "path_qs",
    "raw_path", "base_url", "host_url", "url_root", "remote_addr",
))  # fmt: skip
#: Parts whose entries are uploads: what they hold is no path, how they are called may be one.
UPLOADS = frozenset(("files", "FILES"))
_UPLOAD_TYPES = ("fastapi.UploadFile", "starlette.datastructures.UploadFile", "fastapi.datastructures.UploadFile",
                 "werkzeug.datastructures.FileStorage", "litestar.datastructures.UploadFile")  # fmt: skip
UPLOAD_TYPES = frozenset(_UPLOAD_TYPES)
#: Headers that a browser sends by itself.
WEAK_HEADERS = frozenset(("referer", "host", "origin", "user-agent", "http_referer", "http_host", "http_origin"))
#: Methods of a handler's own object that read the request (Tornado).
OF_HANDLER = frozenset((
    "get_argument", "get_arguments", "get_query_argument", "get_query_arguments", "get_body_argument",
    "get_body_arguments", "get_cookie",
))  # fmt: skip
#: Methods of a model's class that make an object of data.
VALIDATING = frozenset(("model_validate", "parse_obj", "model_validate_json", "parse_raw", "validate_python"))
#: What is read only after a schema went over it: the keys are fixed, typed fields are converted.
VALIDATED = frozenset(("validated_data", "cleaned_data"))
#: Calls that read the request at hand by themselves.
READERS: Mapping[str, str] = {
    "flask_restful.reqparse.RequestParser.parse_args": "the arguments",
    "flask_restplus.reqparse.RequestParser.parse_args": "the arguments",
    "flask_restx.reqparse.RequestParser.parse_args": "the arguments",
    "webargs.flaskparser.parser.parse": "the arguments",
}
#: Fields of forms, serializers and schemas whose values hold no free text.
CONVERTING_FIELDS = frozenset((
    "IntegerField", "FloatField", "DecimalField", "BooleanField", "NullBooleanField", "DateField", "DateTimeField",
    "TimeField", "UUIDField", "DurationField", "ChoiceField", "TypedChoiceField", "MultipleChoiceField",
    "ModelChoiceField", "ModelMultipleChoiceField", "PrimaryKeyRelatedField", "SlugRelatedField", "SlugField",
    "HiddenBooleanField", "SelectField", "SelectMultipleField", "RadioField", "QuerySelectField", "IntegerRangeField",
    "Int", "Integer", "Float", "Decimal", "Number", "Bool", "Boolean", "UUID", "Date", "DateTime", "Time", "TimeDelta",
    "AwareDateTime", "NaiveDateTime", "Enum", "IPAddressField", "GenericIPAddressField", "SubmitField",
))  # fmt: skip
#: Classes whose objects read the request at hand when they are made without one.
IMPLICIT_FORMS = ("flask_wtf.", "flask_security.", "flask_appbuilder.")
_ITERATED = frozenset(("iter_text", "iter_json", "iter_bytes"))


@cache
def requests() -> frozenset[str]:
    """Dotted names of a request as the frameworks give it, and of what stands for it: `flask.request`."""
    known = models()
    own = ("aiohttp.web.Request", "aiohttp.web_request.Request", "pyramid.request.Request", "sanic.Request",
           "sanic.request.Request", "litestar.Request", "tornado.httputil.HTTPServerRequest", "bottle.request",
           "falcon.Request", "connexion.request", "ninja.NinjaRequest")  # fmt: skip
    return frozenset((*known.requests, *own)) | {name for name, part in known.proxies.items() if part == "request"}


@cache
def request_data() -> frozenset[str]:
    """Attributes of a request that hold what the caller wrote."""
    own = (TEXT_PARTS - {"user_agent", "host", "read", "text"}) | _STRUCTURES
    return own | _ITERATED | {name for name, kind in models().request.items() if kind in _WRITTEN}


#: Functions behind which nothing runs: they raise, or end the process.
NEVER_RETURNS = frozenset((
    "sys.exit", "os._exit", "exit", "quit", "flask.abort", "flask_restful.abort", "flask_restx.abort", "quart.abort",
    "flask_smorest.abort", "bottle.abort", "bottle.redirect", "werkzeug.exceptions.abort", "sanic.exceptions.abort",
))  # fmt: skip
#: Parts of `request.url` and of an upload that the server, or nobody who attacks, decides.
NOT_DATA = frozenset((
    "port", "is_secure", "size", "session", "state", "app", "client", "user", "auth", "method", "errors", "is_valid",
    "content_length", "status_code",
))  # fmt: skip
#: What asks for a dependency.
DEPENDS = frozenset((
    "fastapi.Depends", "fastapi.Security", "fastapi.params.Depends", "fastapi.params.Security",
    "fastapi.param_functions.Depends", "fastapi.param_functions.Security",
))  # fmt: skip
#: Parameters of these types are the framework's, and hold nothing of the caller's.
OF_FRAMEWORK = frozenset((
    "fastapi.BackgroundTasks", "starlette.background.BackgroundTasks", "fastapi.Response",
    "starlette.responses.Response", "fastapi.security.SecurityScopes", "fastapi.background.BackgroundTasks",
))  # fmt: skip
