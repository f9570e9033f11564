"""Serializers of REST framework that show keys and secrets of rows to whoever may read the rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.fields import is_left_to_more, texts_of, users_of, value_of
from nomoat.check.questions.words import last_word, name_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

_SHAPED = frozenset((
    "rest_framework.serializers.ModelSerializer", "rest_framework.serializers.HyperlinkedModelSerializer",
))  # fmt: skip
#: Columns that hold what others would act with.
_SECRET = re.compile(
    r"\A(\w+_)?(api_?key|secret(_?key)?|secret_?token|access_?token|refresh_?token|auth_?token|private_?key|password"
    r"|password_?hash|webhook_?secret|otp_?secret|totp_?secret|mfa_?secret|client_?secret|reset_?(code|token))\Z", re.I
)  # fmt: skip
_HAS_META = re.compile(rb"\bclass Meta\b")


def shown_secrets(asked: Asked) -> Iterator[Answer]:
    """Serializers by which a reading route shows a key or secret of each row."""
    program = asked.registrations.program
    used: dict[str, list[Route]] | None = None
    for path in program.words.matching(_HAS_META, (b"ModelSerializer", b"HyperlinkedModelSerializer")):
        if TEST_FILE.search(path) or "admin" in path.lower():
            continue
        for scope in program.classes(within=program.modules[path]):
            found = _shown(asked, scope) if program.resolver.classes.is_a(scope, _SHAPED) else None
            if found is None:
                continue
            used = users_of(asked) if used is None else used
            node, name = found
            routes = [one for one in used.get(scope.name, []) if one.method in SAFE_METHODS]
            route = next((one for one in routes if not is_left_to_more(one) and not _is_of_caller(asked, one)), None)
            if route is not None:
                yield Answer(
                    route,
                    f"{name_of(route)} shows {name} of each row",
                    f"{scope.name} has the field {name}, which can be read",
                    f"whoever reads a row has its {name}, and acts with it",
                    f'leave {name} out of fields, or say extra_kwargs = {{"{name}": {{"write_only": True}}}}',
                    "likely", Place(scope.module, node),
                )  # fmt: skip


def _is_of_caller(asked: Asked, route: Route) -> bool:
    """Whether a view asks who is calling, and so may show to each their own."""
    if any(guard.kind == "ownership" for guard in route.guards):
        return True
    handler, view = asked.handler(route), asked.registrations.view(route)
    cls = view or (handler.enclosing_class if handler is not None else None)
    bases = asked.registrations.program.bases(cls) if cls is not None else ()
    around = (base for base in bases if isinstance(base, Scope) and not base.module.is_library)
    texts = (one.module.text(one.node) for one in around if one.node is not None)
    return any("request.user" in text or "request.auth" in text for text in texts)


def _shown(asked: Asked, scope: Scope) -> tuple[Node, str] | None:
    """Where a serializer names its fields, and the secret among them that it shows."""
    meta = next((child for child in scope.children.values() if child.is_class and child.name == "Meta"), None)
    fields, model_node = (value_of(meta, "fields"), value_of(meta, "model")) if meta is not None else (None, None)
    if meta is None or fields is None or model_node is None:
        return None
    model = asked.registrations.program.resolve(meta, model_node).scope
    columns = list(model.bindings) if model is not None and model.is_class else []
    named = columns if form.text_of(fields) == "__all__" else [one for one in texts_of(fields) if one in columns]
    if {"to_representation", "get_fields", "__init__"} & set(scope.bindings):
        return None
    hidden = set(_written_only(scope, meta))
    name = next((one for one in named if _SECRET.match(one) and one not in hidden), "")
    return (fields, name) if name else None


def _written_only(scope: Scope, meta: Scope) -> Iterator[str]:
    """Fields that are declared anew, or that `extra_kwargs` says are only written."""
    # What is declared here may be anything: masked, or only written.
    yield from (name for name in scope.bindings if (value := value_of(scope, name)) is not None and _is_field(value))
    extra = value_of(meta, "extra_kwargs")
    for key, value in extra[3] if extra is not None and extra[0] == form.DICT else ():
        text = form.text_of(key) if key is not None else None
        pairs = value[3] if value[0] == form.DICT else ()
        if text and any(form.text_of(one) == "write_only" and it[3:4] == (True,) for one, it in pairs if one):
            yield text


def _is_field(value: Node) -> bool:
    return value[0] == form.CALL and last_word(value).endswith(("Field", "Serializer"))
