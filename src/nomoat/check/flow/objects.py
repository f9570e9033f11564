"""Objects of classes of the project that are no page: `class Csv(Response): default_mimetype = "text/csv"`."""

from __future__ import annotations

from nomoat.survey.python import form
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

#: What says of a class of answers what they are.
_TYPES = ("default_mimetype", "mimetype", "content_type", "default_content_type", "media_type")
#: What is no text, and stays none.
_PLAIN = frozenset(("builtins.object", "builtins.Exception", "abc.ABC", "typing.Generic", "pydantic.BaseModel",
    "pydantic.main.BaseModel", "typing.NamedTuple", "enum.Enum"))  # fmt: skip


def is_no_page(program: Program, cls: Scope) -> bool:
    """Whether what a view returns as an object of a class is no HTML: an answer of another type, or no answer."""
    bases = program.bases(cls)
    outside = [base if isinstance(base, str) else base.dotted for base in bases if _is_elsewhere(base)]
    if any(base.rpartition(".")[2].endswith("Response") for base in outside):
        return _says_other_type(program, cls)
    return all(base in _PLAIN or base == "object" for base in outside)


def _is_elsewhere(base: Scope | str) -> bool:
    return isinstance(base, str) or base.module.is_library


def _says_other_type(program: Program, cls: Scope) -> bool:
    for base in program.bases(cls):
        for name in _TYPES if isinstance(base, Scope) and not base.module.is_library else ():
            assert isinstance(base, Scope)
            for one in base.bindings.get(name, ()):
                text = form.text_of(one.value)
                if text is not None:
                    return "html" not in text
    return False
