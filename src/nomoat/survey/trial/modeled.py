"""What models of Django tell of themselves, `model._meta.model_name`; the modules that register them in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.trial.values import Class, Const, Env, Items, ModuleValue, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Scope
    from nomoat.survey.trial.attributes import Attributes
    from nomoat.survey.trial.expressions import Expressions

#: The name under which its members are looked up (`Expressions`).
META = "model-meta"
_MODELS = "django.db.models."
#: A page of its own that a class of the admin adds.
_ADDS = b"get_urls"


def meta(run: Attributes, cls: Class, name: str, outside: list[str]) -> Value | None:
    """What stands for `_meta` of a model; None where it is asked for something else."""
    if name != "_meta" or not any(base.startswith(_MODELS) for base in outside):
        return None
    label = _label(run, cls)
    model = cls.scope.name.lower()
    told = {
        "model_name": model, "object_name": cls.scope.name, "app_label": label,
        "label": f"{label}.{cls.scope.name}", "label_lower": f"{label}.{model}",
    }  # fmt: skip
    return Thing(META, named={key: Const(one) for key, one in told.items()})


def _label(run: Attributes, cls: Class) -> str:
    """The label of its application: what the model says, else the package that its module of models stands in."""
    own = run.attribute(cls, "Meta") if "Meta" in cls.scope.bindings else None
    said = run.attribute(own, "app_label") if isinstance(own, Class) and "app_label" in own.scope.bindings else None
    if isinstance(said, Const) and isinstance(said.value, str):
        return said.value
    parts = cls.scope.module.name.split(".")
    within = parts[: parts.index("models")] if "models" in parts else parts[:-1]
    return within[-1] if within else ""


def admin_modules(run: Expressions, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
    """For the description of the admin: runs the modules that register classes there which add pages of their own."""
    files = [path for path in run.program.words.files(_ADDS) if not TEST_FILE.search(path)]
    found: list[Value] = []
    for path in sorted(path for path in files if path.endswith("/admin.py") or "/admin/" in path):
        scope: Scope = run.program.scope(run.program.modules[path])
        run.module(scope)
        found.append(ModuleValue(scope))
    return Items(found)


SPECIAL = {"nomoat.survey.admin_modules": admin_modules}
