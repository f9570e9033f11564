"""Whether a route asks a permission of the object that it is about: then it has asked whose that is.

Django's `user.has_perm("x", order)`, permissions and filters of REST framework, guardian, rules, and policies that are
handed who is calling and the object. What is asked of a kind of object alone (`user.has_perm("x")`) is none of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.model import Route
from nomoat.check.questions.asking import Asked
from nomoat.check.questions.fields import value_of
from nomoat.check.questions.words import last_word
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import How, Scope

#: What is asked of one object, whatever else it is given.
_OF_ONE = frozenset(("check_object_permissions", "check_object_permission", "has_object_permission"))
#: guardian: what somebody may do with an object, and the objects somebody may do it with.
_GIVES_PERMISSIONS = frozenset(("get_perms", "get_user_perms", "get_objects_for_user"))
_HAS_PERMISSION = frozenset(("has_perm", "has_perms", "ahas_perm", "ahas_perms", "has_permission", "test_rule"))
#: What a policy is asked by, with who is calling and the object.
_AUTHORIZES = re.compile(
    r"\A_?(authori[sz]e\w*|is_authori[sz]ed|check_(access|permissions?|policy|can_\w+)|enforce|is_allowed(_to)?"
    r"|can|can_\w+|may|may_\w+|is_permitted|permits|allows|has_access(_to)?"
    r"|(ensure|require|assert|demand|verify|check)_\w*(access|perm|owner|allowed|can_|member)\w*|ensure)\Z"
)
_CALLER = re.compile(
    r"\A(current_|request_|auth_|logged_in_)?(user|account|principal|identity|actor|viewer|me|caller|subject|claims)\Z"
)
#: What refuses, or has something refused, by what it is given.
_REFUSES = re.compile(r"abort|deny|refuse|forbid|require|ensure|assert|demand|check", re.I)
#: Methods of a view that run before or for the one that answers.
_HOOKS = (
    "dispatch", "initial", "setup", "prepare", "test_func", "has_permission", "check_permissions", "get_object",
    "get_queryset", "get_permission_object",
)  # fmt: skip
_GETS_OBJECT = frozenset(("get_object", "aget_object", "check_object_permissions", "filter_queryset"))
_MIXINS = re.compile(
    r"\A(guardian\.mixins\.PermissionRequiredMixin|rules\.contrib\.(views\.|rest_framework\.)\w*Permission\w*Mixin)\Z"
)
_MAX_DEPTH = 2


def asks_of_object(asked: Asked, route: Route) -> bool:
    """Whether what answers a route, or stands before that, asks whether who is calling may have this object."""
    handler = asked.handler(route)
    view = asked.registrations.view(route) or (handler.parent if handler is not None and handler.is_method else None)
    view = view if view is not None and view.is_class else None
    for scope in _scopes(asked, route, view):
        found = [node for node in _calls(scope) if _is_asked(asked, scope, node)]
        if found and not _decisive(scope, is_handler=scope is handler).isdisjoint(map(id, found)):
            return True
    if handler is not None and any(_names_object(one) for one in handler.decorators):
        return True
    if view is None:
        return False
    bases = asked.registrations.program.bases(view)
    if any(isinstance(one, str) and _MIXINS.match(one) for one in bases):
        return True
    if any(_names_object(one) for one in view.decorators):
        return True
    is_fetched = handler is None or any(
        last_word(node) in _GETS_OBJECT for scope in asked.reached(route) for node in _calls(scope)
    )
    return is_fetched and (_permits_by_object(asked, view, handler) or _filters_by_caller(asked, view))


def _scopes(asked: Asked, route: Route, view: Scope | None) -> Iterator[Scope]:
    yield from (scope for scope in asked.reached(route) if not scope.module.is_library)
    for cls in _of_tree(asked, view):
        yield from (child for child in cls.children.values() if child.is_function and child.name in _HOOKS)


def _of_tree(asked: Asked, cls: Scope | None) -> list[Scope]:
    """A class, and what it inherits from in the tree."""
    if cls is None:
        return []
    above = [one for one in asked.registrations.program.bases(cls) if isinstance(one, Scope)]
    return [one for one in (cls, *above) if not one.module.is_library]


def _calls(scope: Scope) -> Iterator[Node]:
    return (node for node in form.walk_scope(scope.body) if node[0] == form.CALL)


def _decisive(scope: Scope, *, is_handler: bool) -> set[int]:
    """The nodes whose values decide what comes next: what is tested, what stands alone, what a helper answers.

    `{"may_edit": user.has_perm("x", order)}` only tells, and refuses nobody.
    """
    found: set[int] = set()
    nodes = list(form.walk_scope(scope.body))
    tests = [test for node in nodes if node[0] == form.IF for test, _ in node[3]]
    tests += [node[3] for node in nodes if node[0] in (form.WHILE, form.ASSERT, form.CONDITIONAL)]
    tests += [one for node in nodes if node[0] == form.COMPREHENSION for clause in node[6] for one in clause[2]]
    tests += [node[4] for node in nodes if node[0] == form.FOR]
    named = {one[3] for test in tests for one in form.walk(test) if one[0] == form.NAME}
    for node in nodes:
        if node[0] == form.EXPRESSION:
            alone = node[3][3] if node[3][0] == form.AWAIT else node[3]
            found.add(id(alone))
            if alone[0] == form.CALL and _REFUSES.search(last_word(alone)):
                tests += alone[4]
        elif node[0] == form.RETURN and node[3] is not None and not is_handler:
            tests.append(node[3])
        elif node[0] == form.ASSIGN:
            # What is narrowed, `orders = get_objects_for_user(user, ...)`, is what comes next.
            called = node[4][3] if node[4][0] == form.AWAIT else node[4]
            is_narrowed = called[0] == form.CALL and last_word(called) == "get_objects_for_user"
            names = {target[3] for target in node[3] if target[0] == form.NAME}
            tests += [node[4]] if names & named or is_narrowed else []
    return found | {id(one) for test in tests for one in form.walk(test)}


# -- what is called ----------------------------------------------------------------------------------------------------


def _is_asked(asked: Asked, scope: Scope, call: Node) -> bool:
    name = last_word(call)
    if name in _OF_ONE:
        return not _is_of_super(call)
    if name in _GIVES_PERMISSIONS:
        return len(call[4]) > 1
    if name in _HAS_PERMISSION:
        given = [*call[4][1:], *(value for key, value in call[5] if key in ("obj", "object"))]
        return not _is_of_super(call) and any(_may_be_row(scope, one) for one in given)
    if not _AUTHORIZES.match(name):
        return False
    given = [*call[4], *(value for _, value in call[5])]
    rows = [one for one in given if _may_be_row(scope, one)]
    of_caller = any(map(_is_caller, given)) or (call[3][0] == form.ATTRIBUTE and _is_caller(call[3][3]))
    if not rows or not of_caller:
        return False
    helper = asked.registrations.program.resolve(scope, call[3]).scope
    return helper is None or not helper.is_function or helper.module.is_library or _compares(asked, helper)


def _is_of_super(call: Node) -> bool:
    callee = call[3]
    return bool(callee[0] == form.ATTRIBUTE and callee[3][0] == form.CALL and last_word(callee[3]) == "super")


def _is_caller(node: Node) -> bool:
    """`user`, `request.user`, `self.request`: who is calling, or what holds that."""
    name = node[3] if node[0] == form.NAME else node[4] if node[0] == form.ATTRIBUTE else ""
    return name == "request" or _CALLER.match(name) is not None


def _may_be_row(scope: Scope, node: Node) -> bool:
    """Whether an expression may be the object, or its key: what was looked up, or a parameter."""
    if _is_caller(node):
        return False
    if node[0] == form.CALL:
        return True
    if node[0] == form.ATTRIBUTE:
        return (node[3][0] == form.NAME and node[3][3] == "self") or _may_be_row(scope, node[3])
    if node[0] != form.NAME:
        return False
    if any(one[form.P_NAME] == node[3] for one in scope.parameters):
        return node[3] not in ("self", "cls", "view")
    bindings = scope.bindings.get(node[3], ())
    return any(
        one.how is not How.VALUE or (one.value is not None and one.value[0] != form.CONSTANT) for one in bindings
    )


def _compares(asked: Asked, helper: Scope, depth: int = 0) -> bool:
    """Whether a function of the tree puts who is calling beside the object: in a comparison, or a call elsewhere."""
    given = [one[form.P_NAME] for one in helper.parameters]
    callers = {name for name in given if _CALLER.match(name) or name == "request"} or {"self"}
    others = {name for name in given if name not in callers and name not in ("self", "cls")}
    for node in form.walk_scope(helper.body):
        if node[0] not in (form.COMPARE, form.CALL):
            continue
        names = {one[3] for one in form.walk(node) if one[0] == form.NAME}
        if not names & others or not (names & callers or any(_is_caller(one) for one in form.walk(node))):
            continue
        inner = asked.registrations.program.resolve(helper, node[3]).scope if node[0] == form.CALL else None
        if inner is None or not inner.is_function or inner.module.is_library:
            return True
        if depth < _MAX_DEPTH and _compares(asked, inner, depth + 1):
            return True
    return False


# -- what is written beside the view -----------------------------------------------------------------------------------


def _names_object(decorator: Node) -> bool:
    """Of guardian and rules: `@permission_required("x", (Order, "pk", "pk"))`, `@permission_required("x", fn=...)`."""
    calls = [one for one in form.walk(decorator) if one[0] == form.CALL and "permission_required" in last_word(one)]
    return any(
        any(key in ("fn", "lookup_variables") for key, _ in one[5])
        or any(given[0] == form.TUPLE and given[3] and form.text_of(given[3][0]) is None for given in one[4][1:2])
        for one in calls
    )


def _permits_by_object(asked: Asked, view: Scope, handler: Scope | None) -> bool:
    """Whether a permission of REST framework looks at the object: `permission_classes = [IsOwner]`."""
    program = asked.registrations.program
    for scope, node in _written(asked, view, handler):
        for one in form.walk(node):
            if one[0] not in (form.NAME, form.ATTRIBUTE):
                continue
            found = program.resolve(scope, one)
            if found.name.startswith("rest_framework.") and "ObjectPermissions" in found.name:
                return True
            if found.kind != "class" or found.scope is None:
                continue
            above = [base for base in program.bases(found.scope) if isinstance(base, str)]
            if any("ObjectPermissions" in base for base in above):
                return True
            if any(_looks_at_object(cls) for cls in _of_tree(asked, found.scope)):
                return True
    return False


def _written(asked: Asked, view: Scope, handler: Scope | None) -> Iterator[tuple[Scope, Node]]:
    """Where the permissions of a view are named: beside an action, which counts alone, or in the class."""
    for decorator in handler.decorators if handler is not None else ():
        given = form.keyword(decorator, "permission_classes") if decorator[0] == form.CALL else None
        if given is not None and handler is not None:
            yield handler.parent or handler, given
            return
    for cls in _of_tree(asked, view):
        value = value_of(cls, "permission_classes")
        chosen = next((one for one in cls.children.values() if one.name == "get_permissions"), None)
        if chosen is not None:
            yield from ((chosen, node) for node in chosen.body)
        if value is not None:
            yield cls, value
            return


def _looks_at_object(permission: Scope) -> bool:
    method = next((one for one in permission.children.values() if one.name == "has_object_permission"), None)
    if method is None or len(method.parameters) < len(("self", "request", "view", "obj")):
        return False
    name = method.parameters[3][form.P_NAME]
    return any(node[0] == form.NAME and node[3] == name for node in form.walk(method.body))


def _filters_by_caller(asked: Asked, view: Scope) -> bool:
    """Whether a filter of REST framework leaves what is the caller's: `filter_backends = [OwnOnly]`."""
    program = asked.registrations.program
    for cls in _of_tree(asked, view):
        value = value_of(cls, "filter_backends")
        if value is None:
            continue
        for one in form.walk(value):
            found = program.resolve(cls, one) if one[0] in (form.NAME, form.ATTRIBUTE) else None
            if found is not None and found.kind == "class" and found.scope is not None:
                methods = [
                    child
                    for base in _of_tree(asked, found.scope)
                    for child in base.children.values()
                    if child.name == "filter_queryset"
                ]
                if any(_narrows_by_caller(method) for method in methods):
                    return True
        return False
    return False


def _narrows_by_caller(method: Scope) -> bool:
    """Whether a query is narrowed by who is calling or what is made of it: `queryset.filter(owner=request.user)`."""
    made = {
        target[3]
        for node in form.walk_scope(method.body)
        if node[0] == form.ASSIGN and any(_is_caller(one) and one[0] == form.ATTRIBUTE for one in form.walk(node[4]))
        for target in node[3]
        if target[0] == form.NAME
    }
    for node in _calls(method):
        given = [*node[4], *(value for _, value in node[5])] if last_word(node) in ("filter", "exclude") else []
        for one in (inner for each in given for inner in form.walk(each)):
            if (one[0] == form.NAME and one[3] in made) or (one[0] == form.ATTRIBUTE and _is_caller(one)):
                return True
    return False
