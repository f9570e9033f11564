"""The names that the flow analysis knows: what converts, what passes text on, what of a request the caller writes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from nomoat.survey.models import models

#: Types whose values cannot hold free text (the framework, or calling them, converts).
CONVERTED = frozenset((
    "int", "float", "bool", "complex", "uuid.UUID", "uuid.UUID1", "uuid.UUID4", "uuid.UUID5", "datetime.datetime",
    "datetime.date", "datetime.time", "datetime.timedelta", "decimal.Decimal", "fractions.Fraction",
    "ipaddress.IPv4Address", "ipaddress.IPv6Address", "ipaddress.IPv4Network", "ipaddress.IPv6Network",
    "pydantic.UUID1", "pydantic.UUID3", "pydantic.UUID4", "pydantic.UUID5", "pydantic.PositiveInt",
    "pydantic.NonNegativeInt", "pydantic.NegativeInt", "pydantic.NonPositiveInt", "pydantic.PositiveFloat",
    "pydantic.NonNegativeFloat", "pydantic.StrictInt", "pydantic.StrictBool", "pydantic.StrictFloat",
    "pydantic.IPvAnyAddress", "pydantic.IPvAnyNetwork", "pydantic.PastDate", "pydantic.FutureDate",
    "pydantic.AwareDatetime", "pydantic.NaiveDatetime", "pydantic_extra_types.ulid.ULID", "ulid.ULID",
    "bson.ObjectId", "bson.objectid.ObjectId",
))  # fmt: skip
#: Calls whose result cannot hold free text.
CONVERTERS = CONVERTED | frozenset((
    "len", "hash", "id", "ord", "abs", "round", "isinstance", "issubclass", "hasattr", "callable", "any", "all", "sum",
    "range", "enumerate.index", "datetime.date.fromisoformat", "datetime.datetime.fromisoformat",
    "datetime.datetime.strptime", "datetime.datetime.fromtimestamp", "ipaddress.ip_address", "ipaddress.ip_network",
    "ipaddress.ip_interface", "hashlib.sha256", "hashlib.sha512", "hashlib.sha1", "hashlib.md5", "hashlib.blake2b",
    "hashlib.sha3_256", "hmac.compare_digest", "secrets.compare_digest", "secrets.token_hex", "secrets.token_urlsafe",
    "time.time", "dateutil.parser.parse", "dateutil.parser.isoparse", "bool", "bin", "hex", "oct", "divmod", "pow",
    "flask.url_for", "quart.url_for", "django.urls.reverse", "django.urls.reverse_lazy",
    "rest_framework.reverse.reverse", "werkzeug.security.generate_password_hash", "django.shortcuts.get_object_or_404",
    "django.shortcuts.get_list_or_404", "werkzeug.security.check_password_hash", "crypt.crypt", "uuid.uuid5",
    "hashlib.new", "hashlib.sha384", "hashlib.sha224", "zlib.crc32", "mimetypes.guess_type", "imghdr.what",
    "os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.getsize", "os.path.getmtime", "os.stat",
    "ipaddress.IPv4Interface", "ipaddress.IPv6Interface", "django.utils.text.slugify", "slugify.slugify",
    "urllib.parse.uses_netloc", "django.contrib.auth.authenticate", "flask_login.login_user",
    "passlib.hash.bcrypt.hash", "bcrypt.hashpw", "bcrypt.checkpw", "jwt.encode", "type", "print", "open", "super",
))  # fmt: skip
#: Functions of pydantic that make a type of numbers or dates within bounds.
NUMBERS_WITHIN = frozenset(("conint", "confloat", "condecimal", "condate"))
#: Types that say nothing by themselves: what is inside of them counts.
WRAPPERS = frozenset((
    "Optional", "Union", "list", "List", "set", "Set", "frozenset", "FrozenSet", "tuple", "Tuple", "Annotated",
    "Sequence", "Iterable", "Path", "Query", "Body", "Header", "Form", "Cookie", "None", "Required", "Final",
    "ClassVar", "Mapped",
))  # fmt: skip

#: Methods whose result is made of what they are called on.
OF_RECEIVER = frozenset((
    "format", "format_map", "join", "strip", "lstrip", "rstrip", "lower", "upper", "title", "replace", "split",
    "rsplit", "encode", "decode", "splitlines", "capitalize", "casefold", "swapcase", "removeprefix", "removesuffix",
    "partition", "rpartition", "zfill", "center", "ljust", "rjust", "expandtabs", "translate", "copy", "items",
    "values", "keys", "get", "pop", "popitem", "setdefault", "dict", "model_dump", "model_dump_json", "model_copy",
    "getlist", "multi_items", "json", "body", "form", "stream", "read", "readline", "readlines", "__getitem__",
    "__str__", "value", "getvalue", "group", "groups", "groupdict", "resolve", "absolute", "joinpath", "as_posix",
    "with_suffix", "with_name", "expanduser", "geturl", "query", "text", "tolist", "receive_text", "receive_json",
    "receive_bytes", "iter_text", "iter_json", "iter_bytes", "result", "to_dict", "unicode_string", "render",
    "get_argument", "namelist", "infolist", "getmembers", "getnames", "dict", "lists", "data", "first", "getone",
    "getall", "get_json", "chunks", "file", "filename", "popall", "hex", "read_bytes", "read_text", "mixed", "open",
    "extractfile", "getmember", "getinfo", "iterdir", "relative_to", "with_stem", "parts", "parent",
))  # fmt: skip
#: Methods whose result is made of what they are given.
OF_ARGUMENTS = frozenset(
    ("format", "format_map", "join", "replace", "joinpath", "sub", "safe_substitute", "substitute")
)
#: Methods that put what they are given into what they are called on.
PUTTING = frozenset(("append", "extend", "add", "insert", "update", "appendleft", "setdefault", "write", "writelines"))
#: Methods of things outside whose result is something else than what they are given: rows, answers, objects.
FETCHING = frozenset((
    "execute", "executemany", "exec", "fetch", "fetchone", "fetchall", "fetchmany", "fetchrow", "fetchval", "get",
    "get_one", "find", "find_one", "first", "all", "one", "one_or_none", "scalar", "scalars", "scalar_one",
    "scalar_one_or_none", "query", "filter", "filter_by", "where", "select", "select_from", "join", "outerjoin",
    "options", "order_by", "group_by", "limit", "offset", "values", "insert", "delete", "having", "returning",
    "on_conflict_do_update", "on_conflict_do_nothing", "like", "ilike", "contains", "in_", "startswith", "endswith",
    "is_", "op", "any_", "count", "exists", "index", "create", "save", "load", "refresh", "merge", "commit", "post",
    "put", "patch", "request", "send", "verify", "hash", "hexdigest", "digest", "isdigit", "search", "match",
    "fullmatch", "info", "debug", "warning", "error", "exception", "log", "print", "add_task", "set", "hget", "hset",
))  # fmt: skip
#: Functions whose result is made of what they are given.
PASSES_ON = frozenset(
    (
        "str",
        "bytes",
        "bytearray",
        "list",
        "tuple",
        "set",
        "frozenset",
        "dict",
        "sorted",
        "reversed",
        "repr",
        "ascii",
        "zip",
        "map",
        "filter",
        "next",
        "iter",
        "format",
        "enumerate",
        "min",
        "max",
        "vars",
        "getattr",
        "urllib.parse.unquote",
        "urllib.parse.unquote_plus",
        "urllib.parse.urljoin",
        "urllib.parse.urlparse",
        "urllib.parse.urlsplit",
        "urllib.parse.urlunparse",
        "urllib.parse.quote",
        "urllib.parse.quote_plus",
        "urllib.parse.urlencode",
        "urllib.parse.parse_qs",
        "urllib.parse.parse_qsl",
        "html.unescape",
        "html.escape",
        "markupsafe.escape",
        "markupsafe.Markup",
        "sqlalchemy.text",
        "sqlalchemy.sql.text",
        "sqlalchemy.sql.expression.text",
        "sqlmodel.text",
        "sqlalchemy.literal_column",
        "typing.cast",
        "copy.copy",
        "copy.deepcopy",
        "json.loads",
        "json.dumps",
        "ujson.loads",
        "orjson.loads",
        "orjson.dumps",
        "os.path.join",
        "os.path.abspath",
        "os.path.realpath",
        "os.path.normpath",
        "os.path.expanduser",
        "os.path.basename",
        "os.path.dirname",
        "os.path.splitext",
        "os.fspath",
        "pathlib.Path",
        "pathlib.PurePath",
        "pathlib.PosixPath",
        "pathlib.PurePosixPath",
        "anyio.Path",
        "shlex.quote",
        "shlex.split",
        "shlex.join",
        "pipes.quote",
        "re.sub",
        "re.escape",
        "re.split",
        "re.findall",
        "base64.b64decode",
        "base64.b64encode",
        "base64.urlsafe_b64decode",
        "base64.urlsafe_b64encode",
        "base64.standard_b64decode",
        "binascii.unhexlify",
        "binascii.a2b_base64",
        "textwrap.dedent",
        "textwrap.indent",
        "string.Template",
        "itertools.chain",
        "io.BytesIO",
        "io.StringIO",
        "functools.reduce",
        "werkzeug.utils.secure_filename",
        "fastapi.encoders.jsonable_encoder",
        "zlib.decompress",
        "gzip.decompress",
        "asyncio.wait_for",
        "asyncio.shield",
        "starlette.concurrency.run_in_threadpool",
        "urllib.request.Request",
        "zipfile.ZipFile",
        "tarfile.open",
        "tarfile.TarFile",
        "flask.escape",
        "escape",
        "django.utils.html.escape",
        "django.utils.html.conditional_escape",
        "django.utils.safestring.mark_safe",
        "django.utils.safestring.SafeString",
        "urllib.parse.urlunsplit",
        "urllib.parse.ParseResult",
        "ast.literal_eval",
        "yaml.safe_load",
        "simplejson.loads",
        "simplejson.dumps",
        "json.load",
        "tomllib.loads",
        "toml.loads",
        "urllib.unquote",
        "urllib.quote",
        "urlparse.urlparse",
        "urlparse.urljoin",
        "six.text_type",
        "force_str",
        "django.utils.encoding.force_str",
        "django.utils.encoding.force_text",
        "django.utils.encoding.smart_str",
        "django.utils.http.urlquote",
        "django.utils.html.strip_tags",
        "django.utils.html.format_html",
        "collections.deque",
        "collections.OrderedDict",
        "types.SimpleNamespace",
        "codecs.decode",
        "codecs.encode",
        "eval",
        "os.path.splitdrive",
        "os.path.relpath",
        "os.path.expandvars",
        "operator.itemgetter",
        "string.capwords",
        "flask.make_response",
        "flask.Response",
        "django.http.HttpResponse",
        "unicode",
        "memoryview",
        "typing.NamedTuple",
        "asyncio.to_thread",
        "asgiref.sync.sync_to_async",
        "bs4.BeautifulSoup",
        "furl.furl",
        "yarl.URL",
        "httpx.URL",
    )
)
#: Of those, the ones whose result is a text or several, whatever went in.
MAKES_TEXT = frozenset(
    (
        "str",
        "bytes",
        "bytearray",
        "repr",
        "ascii",
        "format",
        "json.dumps",
        "ujson.dumps",
        "orjson.dumps",
        "urllib.parse.unquote",
        "urllib.parse.unquote_plus",
        "urllib.parse.quote",
        "urllib.parse.quote_plus",
        "urllib.parse.urlencode",
        "os.path.join",
        "os.path.abspath",
        "os.path.realpath",
        "os.path.normpath",
        "os.path.basename",
        "html.escape",
        "markupsafe.escape",
        "shlex.quote",
        "shlex.split",
        "unicode",
        "django.utils.encoding.force_str",
        "six.text_type",
        "simplejson.dumps",
    )
)
#: Parsers: what they give has keys and parts that the writer of the text chose.
PARSERS = frozenset((
    "json.loads", "json.load", "ujson.loads", "orjson.loads", "simplejson.loads", "yaml.safe_load", "yaml.load",
    "ast.literal_eval", "urllib.parse.parse_qs", "tomllib.loads", "toml.loads", "xmltodict.parse", "eval",
    "pickle.loads", "msgpack.unpackb", "bson.json_util.loads",
))  # fmt: skip
_ENCODED = frozenset(("sql", "shell", "path", "url", "redirect", "html", "code", "template", "header", "log"))
#: Calls after which data no longer bears these kinds of taint. A rule adds its own.
SANITIZERS: Mapping[str, frozenset[str]] = {
    "shlex.quote": frozenset(("shell",)), "pipes.quote": frozenset(("shell",)), "shlex.join": frozenset(("shell",)),
    "html.escape": frozenset(("html",)), "markupsafe.escape": frozenset(("html",)),
    "bleach.clean": frozenset(("html",)), "flask.escape": frozenset(("html",)),
    "django.utils.html.escape": frozenset(("html",)), "django.utils.html.conditional_escape": frozenset(("html",)),
    "django.utils.html.format_html": frozenset(("html",)), "django.utils.html.strip_tags": frozenset(("html",)),
    "bleach.linkify": frozenset(("html",)), "lxml.html.clean.clean_html": frozenset(("html",)),
    "re.escape": frozenset(("regex",)), "flask.json.dumps": frozenset(("header",)),
    "repr": frozenset(("log", "header")),
    "django.utils.http.urlquote": frozenset(("url", "redirect", "html", "header")),
    "nh3.clean": frozenset(("html",)), "cgi.escape": frozenset(("html",)),
    "xml.sax.saxutils.escape": frozenset(("html",)),
    "os.path.basename": frozenset(("path", "url", "redirect")),
    "werkzeug.utils.secure_filename": frozenset(("path", "url", "redirect", "header")),
    "urllib.parse.quote": frozenset(("url", "redirect", "html", "header")),
    "urllib.parse.quote_plus": frozenset(("url", "redirect", "path", "html", "header")),
    "urllib.parse.urlencode": frozenset(("url", "redirect", "path", "html", "header")),
    "base64.b64encode": _ENCODED, "base64.urlsafe_b64encode": _ENCODED,
    "json.dumps": frozenset(("header", "log")),
    # A file in memory has no path.
    "io.BytesIO": frozenset(("path", "url")), "io.StringIO": frozenset(("path", "url")),
}  # fmt: skip
#: What data in an URL may do, until something fixes where that leads.
URL_KINDS = frozenset(("url", "redirect"))
#: Templates whose text is not escaped by itself: what they are given goes into the page as it is.
UNESCAPED = frozenset((
    "jinja2.Template.render", "jinja2.environment.Template.render", "mako.template.Template.render",
    "jinja2.Template.render_async", "string.Template.substitute", "string.Template.safe_substitute",
))  # fmt: skip
#: Fields of a request's or an URL's parts that are tested in place of the whole.
HOST_FIELDS = frozenset(("netloc", "hostname", "host", "scheme", "port"))

REQUEST_NAMES = frozenset(("request", "websocket", "req", "ws"))
#: What the models of frameworks call the parts of a request that the caller writes.
_WRITTEN = frozenset(("header", "cookie", "query", "input", "meta", "path", "url"))
#: Parts whose entries are texts (or uploads), whatever the caller sends.
TEXT_PARTS = frozenset((
    "args", "form", "values", "headers", "cookies", "query_params", "path_params", "GET", "POST", "COOKIES", "META",
    "match_info", "query", "rel_url", "matchdict", "params", "view_args", "path", "url", "full_path", "query_string",
    "path_info", "path_qs", "referrer", "user_agent", "body", "get_data", "text", "read", "arguments", "post",
    "get_full_path", "stream", "files", "FILES", "raw_path", "body_file", "query_arguments", "body_arguments", "host",
))  # fmt: skip
#: The others, whose entries may be anything that JSON can say.
_STRUCTURES = frozenset(("json", "get_json", "json_body", "data", "multipart", "forms"))
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
