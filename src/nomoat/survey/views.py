"""Routes of classes whose methods answer: one for each method of HTTP that the class has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nomoat.survey import doing
from nomoat.survey.models import EndpointClass, Models
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope, statements
from nomoat.survey.trial.machine import ExhaustedError, Machine, RaisedError
from nomoat.survey.trial.refusals import names_of
from nomoat.survey.trial.values import Choice, Class, Const, Function, Items, Object, Table, Value

#: What frameworks set on the function that answers for a class.
_CLASS_OF_VIEW = ("view_class", "cls")


@dataclass(frozen=True)
class View:
    """A class that answers; `function` is what the framework calls for it, None where it calls the methods."""

    cls: Class
    model: EndpointClass
    function: Value | None = None
    #: The package of what it is made of, where that is not here.
    elsewhere: str = ""


def view_of(
    run: Machine, models: Models, handler: Value, given: Value | None = None, answers_as: str = ""
) -> View | None:
    """The class behind a handler, if it is one; `given` is what a route says that it is made with.

    `answers_as` is the class of the framework that it is taken for where its own bases are not here.
    """
    if isinstance(handler, (Function, Object)):
        of = handler.set_on_it if isinstance(handler, Function) else handler.attributes.get
        made = next((found for name in _CLASS_OF_VIEW if (found := of(name)) is not None), None)
        model = _model(run, models, made)
        return View(made, model, handler) if isinstance(made, Class) and model is not None else None
    model = _model(run, models, handler)
    if model is None or not isinstance(handler, Class):
        return _elsewhere(run, handler, answers_as)
    if not model.made_by:
        return View(handler, model)
    more = {str(name): value for name, value in given.entries.items()} if isinstance(given, Table) else {}
    try:
        function = run.call(
            run.attribute(handler, model.made_by), (Const("view"),), more, handler.scope.at, handler.env
        )
    except (RaisedError, ExhaustedError, RecursionError):
        return View(handler, model, Const(None))
    return View(handler, model, function)


def _elsewhere(run: Machine, handler: Value, name: str) -> View | None:
    """The class behind a handler, whose bases are not here: it is registered where only classes that answer are."""
    model = run.models.endpoint_classes.get(name)
    bases = run.program.bases_elsewhere(handler.scope) if isinstance(handler, Class) else []
    is_one = model is not None and isinstance(handler, Class) and bool(bases)
    return View(handler, model, None, bases[0].lstrip("?")) if is_one else None  # type: ignore[arg-type]


def _model(run: Machine, models: Models, cls: Value | None) -> EndpointClass | None:
    names = names_of(run, cls) if isinstance(cls, Class) else ()
    return next((models.endpoint_classes[name] for name in names if name in models.endpoint_classes), None)


def methods_of(run: Machine, view: View, given: tuple[str, ...] | None) -> list[tuple[str, str]]:
    """Each method of HTTP with the name of the function in the class that answers it.

    `given` are the methods that the registration names; without it, all that the class has.
    """
    actions = view.function.set_on_it("actions") if isinstance(view.function, Function) else None
    if isinstance(actions, Table):
        named = [(str(method).upper(), one) for method, one in actions.entries.items()]
        allowed = _allowed(run, view)
        return [
            (method, str(one.value))
            for method, one in named
            if isinstance(one, Const) and (allowed is None or method in allowed)
        ]
    names = {
        name for base in run.program.bases(view.cls.scope) if not isinstance(base, str) for name in base.bindings
    }  # fmt: skip
    if not view.model.methods:
        listed = run.attribute(view.cls, "methods") if "methods" in names else None
        values = listed.values if isinstance(listed, Items) else []
        declared = [str(one.value).upper() for one in values if isinstance(one, Const)]
        methods = list(given or declared or ["GET"])
        if view.model.head and "GET" in methods and "HEAD" not in methods:
            methods.append("HEAD")
        return [(method, "") for method in methods]
    found: list[tuple[str, str]] = []
    for method in view.model.methods:
        if method.lower() in names:
            found.append((method, method.lower()))
        elif method == "HEAD" and view.model.head and "get" in names:
            found.append((method, "get"))
    found = found or ([] if view.model.websocket else list(_by_dispatch(run, view)))
    allowed = {*given, *(("HEAD",) if "GET" in given else ())} if given is not None else _allowed(run, view)
    return [one for one in found if allowed is None or one[0] in allowed]


def _by_dispatch(run: Machine, view: View) -> Iterator[tuple[str, str]]:
    """The methods of a class that has no function for one: what it does before it looks for that is all it does."""
    bases = [base for base in run.program.bases(view.cls.scope) if not isinstance(base, str)]
    methods = [one for base in bases if not base.module.is_library for one in base.children.values()]
    # A mixin of a package may ask who calls before it comes to that of the tree.
    scope = next((one for one in methods if one.name == "dispatch" and one.is_function), None)
    if scope is None or scope.parent is None or not isinstance(run.attribute(view.cls, "dispatch"), Function):
        return
    dispatch = run.attribute(Class(scope.parent, run.module(run.program.scope(scope.module))), "dispatch")
    # What it calls for that may be any other method of the class: `self.save(request)`; or another class that answers.
    beside = _POSTED.intersection(_words_of(one for one in methods if one.is_function))
    beside |= {"as_view"} & set(_words_of((scope,)))
    for method in dict.fromkeys((*methods_of_function(run, dispatch), *(("POST",) if beside else ()))):
        if method != "HEAD" or view.model.head:
            yield method, "dispatch"


def _allowed(run: Machine, view: View) -> set[str] | None:
    """The only methods that a class answers, whatever functions it has; None where it does not say."""
    told = view.function.set_on_it("view_initkwargs") if isinstance(view.function, Function) else None
    listed = told.entries.get(view.model.allowed) if isinstance(told, Table) else None
    listed = listed or (run.attribute(view.cls, view.model.allowed) if view.model.allowed else None)
    if not isinstance(listed, Items) or not listed.is_whole:
        return None
    return {str(one.value).upper() for one in listed.values if isinstance(one, Const)}


#: Words by which a function tells that it answers a method.
_METHOD_WORDS = {
    "POST": ("POST", "FILES", "body"), "PUT": ("PUT",), "PATCH": ("PATCH",), "DELETE": ("DELETE",),
}  # fmt: skip


#: Of these a class speaks that is posted to.
_POSTED = frozenset(("POST", "FILES"))


def methods_of_function(run: Machine, handler: Value) -> tuple[str, ...]:
    """The methods that a function answers: what decorators allow, else GET, HEAD and what its body speaks of.

    What speaks of none and changes something is done by POST, too.
    """
    if isinstance(handler, Choice):
        return tuple(dict.fromkeys(name for one in handler.options for name in methods_of_function(run, one)))
    found: tuple[str, ...] | None = None
    innermost: Function | None = None
    current: Value | None = handler
    seen: list[Value] = []
    around: list[str] = []
    while current is not None and current not in seen:
        seen.append(current)
        around += doing.told_around(current)
        allowed = _allowed_by(run, current)
        if allowed is not None:
            found = allowed if found is None else tuple(one for one in found if one in allowed)
        innermost = current if isinstance(current, Function) else innermost
        current = _wrapped(run, current)
    if found is not None:
        return found
    spoken = (*around, *_spoken_of(run, innermost), *_handed_on(run, innermost))
    is_done = not spoken and innermost is not None and doing.changes(innermost)
    return tuple(dict.fromkeys(("GET", "HEAD", *spoken, *(("POST",) if is_done else ()))))


def _allowed_by(run: Machine, function: Value) -> tuple[str, ...] | None:
    """The only methods that a decorator or a class lets through; None where it says nothing of them."""
    if not isinstance(function, Function):
        return None
    listed = function.attributes.get("methods")
    if isinstance(listed, Items):
        return tuple(str(one.value).upper() for one in listed.values if isinstance(one, Const))
    is_view = any(name in function.attributes for name in _CLASS_OF_VIEW)
    view = view_of(run, run.models, function) if is_view else None
    return tuple(method for method, _ in methods_of(run, view, None)) if view is not None else None


def _wrapped(run: Machine, wrapper: Value) -> Value | None:
    """What a wrapper calls in the end: what it is named after, else the one function that it was made with."""
    if isinstance(wrapper, Function) and wrapper.wraps is not None:
        return wrapper.wraps
    if isinstance(wrapper, Object):
        held = [one for one in wrapper.attributes.values() if isinstance(one, Function)]
    elif isinstance(wrapper, Function) and wrapper.env.parent is not None and wrapper.env.scope.is_function:
        held = [one for one in wrapper.env.names.values() if isinstance(one, Function) and one.env is not wrapper.env]
    else:
        held = []
    return held[0] if len(held) == 1 else None


def behind(handler: Value) -> Function | None:
    """The function that a wrapper without `functools.wraps` was put around: it is what answers.

    The wrapper must hand on what it is given itself: what else calls one function may be a handler of its own.
    """
    found: Function | None = None
    while isinstance(handler, Function) and handler.scope is not None and not handler.scope.module.is_library:
        inner = handler.wraps if handler.wraps is not None else _held_by(handler)
        if inner is None or inner is handler or inner.scope is None or inner.scope.module.is_library:
            break
        found = handler = inner
    return found


def _held_by(wrapper: Function) -> Function | None:
    """The one function among the names around a wrapper that it calls with its own parameters."""
    outer = wrapper.env
    if wrapper.scope is None or not outer.scope.is_function or wrapper.me is not None:
        return None
    held = {name: one for name, one in outer.names.items() if isinstance(one, Function) and one.env is not outer}
    given = {one[form.P_NAME] for one in wrapper.scope.parameters}
    called = {
        node[3][3]
        for node in wrapper.scope.nodes
        if node[0] == form.CALL and node[3][0] == form.NAME and node[3][3] in held
        if node[4] and _name_of(node[4][0]) in given
    }
    return held[called.pop()] if len(called) == 1 else None


def _name_of(node: Node) -> str:
    inner = node[3] if node[0] == form.STARRED else node
    return str(inner[3]) if inner[0] == form.NAME else ""


def _handed_on(run: Machine, function: Function | None) -> Iterator[str]:
    """The methods of classes that answer for a function: `return LoginView.as_view()(request)`.

    Or under a name of the module: `sign_in = LoginView.as_view()`, then `return sign_in(request)`.
    """
    scope = function.scope if function is not None else None
    makers = {model.made_by for model in run.models.endpoint_classes.values() if model.made_by}
    request = scope.parameters[0][form.P_NAME] if scope is not None and scope.parameters else ""
    for node in form.walk(scope.body) if scope is not None else ():
        named = node[3][3] if node[0] == form.CALL and node[3][0] == form.NAME and _is_handed(node, request) else ""
        if named and function is not None and scope is not None and named not in scope.bindings:
            yield from _allowed_by(run, run.evaluate(function.env, node[3])) or ()
        if node[0] != form.CALL or node[3][0] != form.ATTRIBUTE or node[3][4] not in makers or function is None:
            continue
        cls = run.evaluate(function.env, node[3][3])
        model = _model(run, run.models, cls)
        if isinstance(cls, Class) and model is not None and model.methods:
            yield from (method for method, _ in methods_of(run, View(cls, model), None))


def _spoken_of(run: Machine, function: Function | None) -> Iterator[str]:
    """Methods of which a function speaks, or one that it hands the request: `return saved(request)`."""
    scope = function.scope if function is not None else None
    handed = list(_handed_request(run, scope)) if scope is not None else []
    handed += [asked for one in (scope, *handed) if one is not None for asked in _asked(run, one)]
    words = _words_of((scope, *handed) if scope is not None else ())
    yield from (method for method, signs in _METHOD_WORDS.items() if words.intersection(signs))


def _words_of(functions: Iterable[Scope]) -> set[str]:
    """Short texts and attributes of which functions speak."""
    words: set[str] = set()
    for one in functions:
        for node in form.walk(one.body):
            if node[0] == form.CONSTANT and isinstance(node[3], str):
                words.add(node[3].upper() if len(node[3]) < 8 else "")
            elif node[0] == form.ATTRIBUTE:
                words.add(node[4])
    return words


def _handed_request(run: Machine, scope: Scope) -> Iterator[Scope]:
    """Functions of the tree whose answer is given back, and that are called with the request."""
    request = scope.parameters[0][form.P_NAME] if scope.parameters else ""
    given_back = {id(node[3]) for node in scope.nodes if node[0] == form.RETURN and node[3] is not None}
    for site in run.program.calls(scope) if given_back else ():
        callee = site.callee.scope if site.callee.kind == "function" else None
        is_handed = _is_handed(site.node, request) and id(site.node) in given_back
        if callee is not None and callee is not scope and is_handed:
            yield callee


def _asked(run: Machine, scope: Scope) -> Iterator[Scope]:
    """Functions of the tree that only answer a question about the request: `if is_post(request)`."""
    request = scope.parameters[0][form.P_NAME] if scope.parameters else ""
    tests = (test for node in statements(scope.body) if node[0] == form.IF for test, _ in node[3])
    asked = {id(node) for test in tests for node in form.walk((test,))} if request else set()
    for site in run.program.calls(scope) if asked else ():
        callee = site.callee.scope if site.callee.kind == "function" else None
        is_asked = id(site.node) in asked and _is_handed(site.node, request)
        if callee is not None and is_asked and run.around.is_plain(callee):
            yield callee


def _is_handed(call: Node, request: str) -> bool:
    """Whether a call is given the request that a function is called with."""
    first = call[4][0] if call[4] else next((given for key, given in call[5] if key == "request"), None)
    return bool(request) and first is not None and _name_of(first) == request


def member(run: Machine, view: View, name: str, at: str) -> Value:
    """The function of the class that answers."""
    return run.attribute(Object(view.cls, at=at), name)


def within(run: Machine, view: View, handler: Value, at: str) -> Value:
    """The function of a class whose bases are not here, with what its own source says stands around all of its own.

    What its bases do is told by them; that a framework puts around it what the class lists, by the framework.
    """
    name = view.model.around
    bases = run.program.bases(view.cls.scope)
    has = any(name in base.bindings for base in bases if not isinstance(base, str) and not base.module.is_library)
    listed = run.attribute(view.cls, name) if view.elsewhere and name and has else None
    for one in listed.values if isinstance(listed, Items) and listed.is_whole else ():
        handler = decorated(run, one, handler, at)
    return handler


def decorated(run: Machine, decorator: Value, handler: Value, at: str) -> Value:
    """The handler with one more decorator around it."""
    if not isinstance(handler, Function):
        return handler
    try:
        found = run.call(decorator, (handler,), {}, at, handler.env)
    except (RaisedError, ExhaustedError, RecursionError):
        return handler
    if isinstance(found, Function):
        return found
    handler.outer.append(decorator)
    return handler
