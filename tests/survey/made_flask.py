"""Writes Flask applications: blueprints in blueprints, guards of many shapes, views registered in many ways.

Takes a source of chance, gives the text of one module; what it does to a caller is found by running it.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field

from tests.survey.made_flask_head import HEAD

GUARDS = (
    "plain", "bare", 'role("admin")', "flexible", "flexible()", "flexible(code=403)", "Guard()", "Guard(403)",
    "auth.required", "wrapped", "signed", "login_required", "jwt_required()", "own_token", "all_of(logged, plain)",
    'all_of(role("x"), as_json())',
)  # fmt: skip
OPEN = (
    "auth.optional", "always", "logged", "as_json()", "jwt_required(optional=True)", "optional_token",
    "all_of(logged, as_json())",
)  # fmt: skip
BODIES = (
    ('return "ok"',),
    ('return "ok"',),
    ('return "ok"',),
    ("if not current_user.is_authenticated:", "    abort(401)", 'return "ok"'),
    ("if g.user is None:", '    return redirect(url_for("login"))', 'return "ok"'),
    ("if not is_signed_in():", "    deny()", 'return "ok"'),
    ("if not is_signed_in():", "    raise NotAllowed()", 'return "ok"'),
    ("if not is_signed_in():", "    raise Refused()", 'return "ok"'),
    ('token = request.headers.get("Authorization", "")', 'if not token.startswith("Bearer "):',
     "    raise Unauthorized()", 'return "ok"'),
    ('if session.get("user_id"):', '    return "in"', 'return {"error": "no"}, 401'),
    ("user = get_jwt_identity() if verify_jwt_in_request(optional=True) else None", "return jsonify(user=user)"),
    ("try:", "    verify_jwt_in_request()", "except Exception:", '    return "guest"', 'return "ok"'),
    ("if current_user.is_anonymous:", '    return current_app.login_manager.unauthorized()', 'return "ok"'),
    ('name = request.args.get("name", "you")', "return jsonify(name=name)"),
    ('if request.args.get("missing") == "1":', "    abort(404)", 'return "ok"'),
    ('key = request.headers["X-Api-Key"] if "X-Api-Key" in request.headers else None',
     'if key != current_app.config["API_KEY"]:', "    abort(403)", 'return "ok"'),
    ("user = g.user or {}", 'return jsonify(name=user.get("name"))'),
)  # fmt: skip
BEFORE = ("ask", "ask_by_token", "ask_unless_listed", "ask_for_writing", "note", "nothing", "lambda: None",
          "lambda: None if is_signed_in() else abort(401)")  # fmt: skip
PARAMETERS = ("<item>", "<int:item>", "<string:item>", "<path:item>", "<float:item>", "<uuid:item>", "<any(a, b):item>",
              "<string(length=2):item>", "<int(min=1):item>")  # fmt: skip
METHODS = (["GET"], ["POST"], ["get", "POST"], ["PUT", "DELETE"], ["PATCH"], ["GET", "OPTIONS"])


@dataclass
class Writer:
    """A program that grows."""

    chance: random.Random
    lines: list[str] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    #: Indents what is written: inside a function that makes a blueprint.
    depth: int = 0
    #: A prefix with a parameter stands around what is written.
    is_owned: bool = False

    def write(self, *lines: str) -> None:
        """Adds lines at the depth at hand."""
        self.lines += ["    " * self.depth + line if line else "" for line in lines]

    def number(self) -> int:
        """One that was not there yet."""
        return next(self.numbers)

    def maybe(self, chance: float = 0.5) -> bool:
        """True as often as `chance` says."""
        return self.chance.random() < chance

    def guards(self) -> list[str]:
        """Decorators, the outermost first."""
        found = []
        for _ in range(self.chance.choice((0, 0, 1, 1, 2, 3))):
            found.append(self.chance.choice(GUARDS if self.maybe(0.35) else OPEN))
        return found


def application(chance: random.Random) -> str:
    """The source of one application."""
    writer = Writer(chance)
    options = chance.choice(("", "", ", static_folder=None", ', static_url_path="/files"', ', static_folder="assets"'))
    status = chance.choice(("401", "403", "403", "200"))
    head = HEAD.replace("{app_options}", options).replace("{status}", status)
    if writer.maybe(0.25):
        _before(writer, "app", "before_request")
    in_factory = writer.maybe(0.3)
    if in_factory:
        writer.write("def fill(app):")
        writer.depth = 1
    _fill(writer, "app", nested=0)
    if in_factory:
        writer.write("return app")
        writer.depth = 0
        writer.write("", "", "fill(app)")
    return head + "\n".join(writer.lines) + "\n"


def _fill(writer: Writer, name: str, *, nested: int) -> None:
    for _ in range(writer.chance.randint(1, 3)):
        writer.chance.choice(
            (_decorated, _decorated, _added, _wrapped, _own_registry, _method_view, _plain_view, _looped)
        )(writer, name)
    if nested == 0 and writer.maybe(0.3):
        _resources(writer, name)
    for _ in range(writer.chance.randint(0, 2) if nested < 3 else 0):
        _blueprint(writer, name, nested)


def _before(writer: Writer, name: str, verb: str) -> None:
    function = writer.chance.choice(BEFORE)
    writer.write(f"{name}.{verb}({function})", "")


def _blueprint(writer: Writer, parent: str, nested: int) -> None:
    number = writer.number()
    name = f"bp{number}"
    own = writer.chance.choice(("", f', url_prefix="/o{number}"', f', url_prefix="/o{number}/"',
                                f', url_prefix="/o{number}/<int:owner>"'))  # fmt: skip
    if "owner" in own and nested:
        own = ""
    writer.is_owned = writer.is_owned or "owner" in own
    # Flask itself fails to serve files under a prefix with a parameter.
    if not writer.is_owned and writer.maybe(0.2):
        folder = writer.chance.choice(('"assets"', '"assets", static_url_path="/media"'))
        own += f", static_folder={folder}" if own else ""
    made = f'Blueprint("{name}", __name__{own})'
    in_function = writer.maybe(0.25)
    if in_function:
        writer.write(f"def make_{name}():")
        writer.depth += 1
    writer.write(f"{name} = {made}")
    if writer.maybe(0.35):
        _before(writer, name, writer.chance.choice(("before_request", "before_request", "before_app_request")))
    _fill(writer, name, nested=nested + 1)
    if in_function:
        writer.write(f"return {name}")
        writer.depth -= 1
        writer.write("", "", f"{name} = make_{name}()")
    _register(writer, parent, name, number)


def _register(writer: Writer, parent: str, name: str, number: int) -> None:
    given = writer.chance.choice(("", f', url_prefix="/r{number}"', ', url_prefix="/"'))
    shape = writer.chance.choice(("plain", "plain", "loop", "twice", "pairs"))
    if shape == "loop":
        writer.write(f"for one in ({name},):", f"    {parent}.register_blueprint(one{given})")
    elif shape == "twice":
        writer.write(f'{parent}.register_blueprint({name}, url_prefix="/v1{number}", name="v1{number}")',
                     f'{parent}.register_blueprint({name}, url_prefix="/v2{number}", name="v2{number}")')  # fmt: skip
    elif shape == "pairs":
        writer.write(f'for one, prefix in [({name}, "/p{number}")]:',
                     f"    {parent}.register_blueprint(one, url_prefix=prefix)")  # fmt: skip
    else:
        writer.write(f"{parent}.register_blueprint({name}{given})")
    writer.write("")


def _rule(writer: Writer, number: int) -> tuple[str, str]:
    """A rule and the parameters of its view."""
    if writer.maybe():
        return writer.chance.choice((f"/f{number}", f"/f{number}/", f"/public/f{number}")), "**kwargs"
    parameter = writer.chance.choice(PARAMETERS)
    return f"/f{number}/{parameter}" + writer.chance.choice(("", "/end", "/")), "item, **kwargs"


def _options(writer: Writer) -> str:
    found = ""
    if writer.maybe():
        found += f", methods={writer.chance.choice(METHODS)!r}"
    if writer.maybe(0.15):
        found += ", strict_slashes=False"
    return found


def _decorated(writer: Writer, name: str) -> None:
    number = writer.number()
    rule, parameters = _rule(writer, number)
    verb = writer.chance.choice(("route", "route", "get", "post", "delete"))
    options = _options(writer) if verb == "route" else ""
    marks = [f"@{one}" for one in writer.guards()]
    place = len(marks) if writer.maybe(0.15) else 0
    marks.insert(place, f'@{name}.{verb}("{rule}"{options})')
    if writer.maybe(0.15):
        marks.insert(0, f'@{name}.route("/also{number}", endpoint="also{number}", defaults={{"item": "a"}})')
    writer.write(*marks)
    _function(writer, f"f{number}", parameters)


def _function(writer: Writer, name: str, parameters: str) -> None:
    body = writer.chance.choice(BODIES)
    writer.write(f"def {name}({parameters}):", *(f"    {line}" for line in body), "", "")


def _added(writer: Writer, name: str) -> None:
    number = writer.number()
    rule, parameters = _rule(writer, number)
    if writer.maybe():
        writer.write(*(f"@{one}" for one in writer.guards()))
    _function(writer, f"f{number}", parameters)
    handler = f"f{number}"
    for one in writer.guards()[:1]:
        handler = f"{one}({handler})"
    how = writer.chance.choice(
        (
            f'"{rule}", "e{number}", {handler}',
            f'"{rule}", view_func={handler}',
            f'"{rule}", "e{number}", view_func={handler}',
        )
    )
    writer.write(f"{name}.add_url_rule({how}{_options(writer)})", "")


def _wrapped(writer: Writer, name: str) -> None:
    number = writer.number()
    rule, parameters = _rule(writer, number)
    guards = ", ".join(writer.guards())
    writer.write(f'@routed({name}, "{rule}"{", " + guards if guards else ""}{_options(writer)})')
    _function(writer, f"f{number}", parameters)


def _own_registry(writer: Writer, name: str) -> None:
    number, other = writer.number(), writer.number()
    rule, parameters = _rule(writer, number)
    writer.write(f"routes{number} = Routes({name})", "", "")
    _function(writer, f"f{number}", parameters)
    writer.write(f'routes{number}.add("{rule}", f{number}{_options(writer)})', "", "")
    rule, parameters = _rule(writer, other)
    writer.write(f'@routes{number}.open("{rule}"{_options(writer)})')
    _function(writer, f"f{other}", parameters)


def _method_view(writer: Writer, name: str) -> None:
    number = writer.number()
    rule, parameters = _rule(writer, number)
    base = "MethodView"
    if writer.maybe(0.3):
        base = f"Base{number}"
        writer.write(f"class {base}(MethodView):", f"    decorators = [{', '.join(writer.guards())}]", "", "")
    writer.write(f"class V{number}({base}):")
    writer.depth += 1
    if base == "MethodView" and writer.maybe(0.6):
        writer.write(f"decorators = [{', '.join(writer.guards())}]", "")
    for method in writer.chance.sample(("get", "post", "put", "delete"), writer.chance.randint(1, 3)):
        if writer.maybe(0.4):
            writer.write(*(f"@{one}" for one in writer.guards() if one != "wrapped"))
        _function(writer, method, f"self, {parameters}")
    writer.depth -= 1
    handler = f'V{number}.as_view("v{number}")'
    for one in writer.guards()[:1]:
        handler = f"{one}({handler})"
    writer.write(f'{name}.add_url_rule("{rule}", view_func={handler})', "")


def _plain_view(writer: Writer, name: str) -> None:
    number = writer.number()
    rule, parameters = _rule(writer, number)
    methods = f"methods = {writer.chance.choice(METHODS)!r}"
    writer.write(f"class V{number}(View):", *([f"    {methods}"] if writer.maybe() else []),
                 f"    decorators = [{', '.join(writer.guards())}]", "")  # fmt: skip
    writer.depth += 1
    _function(writer, "dispatch_request", f"self, {parameters}")
    writer.depth -= 1
    writer.write(f'{name}.add_url_rule("{rule}", view_func=V{number}.as_view("v{number}"))', "")


def _looped(writer: Writer, name: str) -> None:
    number = writer.number()
    guard = writer.chance.choice(("", *GUARDS[:6]))
    _function(writer, f"f{number}", "**kwargs")
    handler = f"{guard}(f{number})" if guard else f"f{number}"
    writer.write('for end in ("a", "b"):',
                 f'    {name}.add_url_rule(f"/f{number}/{{end}}", f"e{number}{{end}}", {handler})', "")  # fmt: skip


def _resources(writer: Writer, name: str) -> None:
    number = writer.number()
    prefix = writer.chance.choice(("", f', prefix="/x{number}"'))
    decorators = (
        f", decorators=[{', '.join(one for one in writer.guards() if one not in ('bare', 'wrapped'))}]"
        if writer.maybe(0.3)
        else ""
    )
    late = writer.maybe(0.4)
    given = f"{prefix}{decorators}".removeprefix(", ")
    writer.write(f"api{number} = Api({'' if late else name + (', ' if given else '')}{given})", "", "")
    for _ in range(writer.chance.randint(1, 2)):
        _resource(writer, f"api{number}")
    if late:
        writer.write(f"api{number}.init_app({name})", "")


def _resource(writer: Writer, api: str) -> None:
    number = writer.number()
    rule, parameters = _rule(writer, number)
    writer.write(f"class R{number}(Resource):")
    writer.depth += 1
    guards = ", ".join(writer.guards())
    shape = writer.chance.choice(("", "list", "table"))
    if shape == "list":
        writer.write(f"method_decorators = [{guards}]", "")
    elif shape == "table":
        writer.write(f'method_decorators = {{"get": [{guards}]}}', "")
    for method in writer.chance.sample(("get", "post", "put", "delete"), writer.chance.randint(1, 3)):
        if writer.maybe(0.3):
            writer.write(*(f"@{one}" for one in writer.guards() if one != "wrapped"))
        _function(writer, method, f"self, {parameters}")
    writer.depth -= 1
    writer.write(f'{api}.add_resource(R{number}, "{rule}")', "", "")
