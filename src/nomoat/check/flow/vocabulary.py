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
    "time.time", "dateutil.parser.parse", "dateutil.parser.isoparse",
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
PASSES_ON = frozenset((
    "str", "bytes", "bytearray", "list", "tuple", "set", "frozenset", "dict", "sorted", "reversed", "repr", "ascii",
    "zip", "map", "filter", "next", "iter", "format", "enumerate", "min", "max", "vars", "getattr",
    "urllib.parse.unquote", "urllib.parse.unquote_plus", "urllib.parse.urljoin", "urllib.parse.urlparse",
    "urllib.parse.urlsplit", "urllib.parse.urlunparse", "urllib.parse.quote", "urllib.parse.quote_plus",
    "urllib.parse.urlencode", "urllib.parse.parse_qs", "urllib.parse.parse_qsl", "html.unescape", "html.escape",
    "markupsafe.escape", "markupsafe.Markup", "sqlalchemy.text", "sqlalchemy.sql.text",
    "sqlalchemy.sql.expression.text", "sqlmodel.text", "sqlalchemy.literal_column", "typing.cast", "copy.copy",
    "copy.deepcopy", "json.loads", "json.dumps", "ujson.loads", "orjson.loads", "orjson.dumps", "os.path.join",
    "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser", "os.path.basename",
    "os.path.dirname", "os.path.splitext", "os.fspath", "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath",
    "pathlib.PurePosixPath", "anyio.Path", "shlex.quote", "shlex.split", "shlex.join", "pipes.quote", "re.sub",
    "re.escape", "re.split", "re.findall", "base64.b64decode", "base64.b64encode", "base64.urlsafe_b64decode",
    "base64.urlsafe_b64encode", "base64.standard_b64decode", "binascii.unhexlify", "binascii.a2b_base64",
    "textwrap.dedent", "textwrap.indent", "string.Template", "itertools.chain", "io.BytesIO", "io.StringIO",
    "functools.reduce", "werkzeug.utils.secure_filename", "fastapi.encoders.jsonable_encoder", "zlib.decompress",
    "gzip.decompress", "asyncio.wait_for", "asyncio.shield", "starlette.concurrency.run_in_threadpool",
))  # fmt: skip
#: Calls after which data no longer bears these kinds of taint. A rule adds its own.
SANITIZERS: Mapping[str, frozenset[str]] = {
    "shlex.quote": frozenset(("shell",)), "pipes.quote": frozenset(("shell",)), "shlex.join": frozenset(("shell",)),
    "html.escape": frozenset(("html",)), "markupsafe.escape": frozenset(("html",)),
    "bleach.clean": frozenset(("html",)),
    "nh3.clean": frozenset(("html",)), "cgi.escape": frozenset(("html",)),
    "xml.sax.saxutils.escape": frozenset(("html",)),
    "os.path.basename": frozenset(("path", "url")),
    "werkzeug.utils.secure_filename": frozenset(("path", "url", "header")),
    "urllib.parse.quote": frozenset(("url", "html", "header")),
    "urllib.parse.quote_plus": frozenset(("url", "path", "html", "header")),
    "urllib.parse.urlencode": frozenset(("url", "path", "html", "header")),
    "base64.b64encode": frozenset(("sql", "shell", "path", "url", "html", "code", "template", "header")),
    "base64.urlsafe_b64encode": frozenset(("sql", "shell", "path", "url", "html", "code", "template", "header")),
    "json.dumps": frozenset(("header",)),
}  # fmt: skip
#: Fields of a request's or an URL's parts that are tested in place of the whole.
HOST_FIELDS = frozenset(("netloc", "hostname", "host", "scheme", "port"))

REQUEST_NAMES = frozenset(("request", "websocket", "req", "ws"))
#: What the models of frameworks call the parts of a request that the caller writes.
_WRITTEN = frozenset(("header", "cookie", "query", "input", "meta", "path", "url"))
_ITERATED = frozenset(("iter_text", "iter_json", "iter_bytes"))


@cache
def requests() -> frozenset[str]:
    """Dotted names of a request as the frameworks give it, and of what stands for it: `flask.request`."""
    known = models()
    return frozenset(known.requests) | {name for name, part in known.proxies.items() if part == "request"}


@cache
def request_data() -> frozenset[str]:
    """Attributes of a request that hold what the caller wrote."""
    return _ITERATED | {name for name, kind in models().request.items() if kind in _WRITTEN}


#: Parts of `request.url` and of an upload that the server, or nobody who attacks, decides.
NOT_DATA = frozenset(("port", "is_secure", "size", "session", "state", "app", "client", "user", "auth", "method"))
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
