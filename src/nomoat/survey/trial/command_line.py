"""What a command line says of a program: source has the defaults of what it may say, and each is a setting.

Tornado's options are defined by name wherever a module likes, `define("prefix", default="/shop")`, and asked for in
one place, `options.prefix`. Those of argparse are asked of what a parser gives: `parser.parse_args().prefix`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.trial.values import SETTING, Const, Items, Outside, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.python.form import Node
    from nomoat.survey.trial.attributes import Attributes

#: What holds the options of a program, by the method that defines one.
_HOLDERS = {"tornado.options.options": "define"}
#: What gives the arguments of a program, by the method that defines one.
_PARSERS = dict.fromkeys(("parse_args", "parse_intermixed_args", "parse_known_args"), "add_argument")
#: What arguments are unless they are given, by what giving them does.
_UNLESS_GIVEN = {"store_true": False, "store_false": True, "count": None, "append": None}
_NOT_ASKED = frozenset(("define", "parse_command_line", "parse_config_file", "print_help", "add_parse_callback"))


def of_options(run: Attributes, holder: Outside, name: str) -> Value | None:
    """An option by its name; None for all else, and where nobody defines one."""
    definer = _HOLDERS.get(holder.name) if holder.me is None else None
    if definer is None or name.startswith("_") or name in _NOT_ASKED:
        return None
    return _asked(run, definer, name)


def of_arguments(run: Attributes, parsed: Thing, name: str) -> Value | None:
    """An argument that a parser gives; None for all else, and where none of that name is added to one."""
    definer = _PARSERS.get(parsed.trail[-1]) if parsed.trail else None
    return _asked(run, definer, name) if definer is not None and not name.startswith("_") else None


def _asked(run: Attributes, definer: str, name: str) -> Value | None:
    found = run.around.told_by_commands.get((definer, name))
    if found is None:
        found = run.around.told_by_commands[definer, name] = _defaults(run, definer, name)
    return _as_setting(found, name, by_default=run.around.by_default or run.wires) if found else None


def _defaults(run: Attributes, definer: str, name: str) -> list[Value]:
    """What each place that defines it gives as the default."""
    found: list[Value] = []
    first = re.split("[-_]", name)[0].encode()
    spelled = re.escape(name.encode()).replace(b"_", b"[-_]")
    quoted = re.compile(rb"%s(?<=['\"-]%s)['\"]" % (spelled, spelled))
    words = (name.encode(), first) if first != name.encode() else (first,)
    for path in run.program.words.matching(quoted, words):
        module = run.program.modules[path]
        if TEST_FILE.search(path) or definer.encode() not in module.source:
            continue
        scope = run.program.scope(module)
        for node in form.walk(scope.body):
            is_one = node[0] == form.CALL and (form.dotted(node[3]) or "").rpartition(".")[2] == definer
            if is_one and _name_of(node) == name:
                default = form.argument(node, "default", 1 if definer == "define" else None)
                found.append(_unless_given(node) if default is None else run.evaluate(run.module(scope), default))
    return found


def _name_of(call: Node) -> str:
    """Under which name it is asked for: `dest`, or the first long one, or the first one."""
    given = form.argument(call, "dest")
    named = [given] if given is not None else list(call[4]) or [form.argument(call, "name")]
    texts = [one[3] for one in named if one is not None and one[0] == form.CONSTANT and isinstance(one[3], str)]
    is_of_options = (form.dotted(call[3]) or "").rpartition(".")[2] == "define"
    texts = texts[:1] if is_of_options else texts
    told = next((one for one in texts if one.startswith("--")), texts[0] if texts else "")
    return told.lstrip("-").replace("-", "_")


def _unless_given(call: Node) -> Value:
    action = form.argument(call, "action")
    if action is not None and action[0] == form.CONSTANT and action[3] in _UNLESS_GIVEN:
        return Const(_UNLESS_GIVEN[action[3]])
    multiple = form.argument(call, "multiple")
    return Items([]) if multiple is not None and multiple[3] is True else Const(None)


def _as_setting(defaults: list[Value], name: str, *, by_default: bool) -> Value:
    first = defaults[0]
    same = all(isinstance(one, Const) and isinstance(first, Const) and one.value == first.value for one in defaults)
    if isinstance(first, Const) and same and (first.value is not None or len(defaults) > 1):
        return Const(first.value, first.marks | SETTING)
    if isinstance(first, Items) and len(defaults) == 1:
        return Items(list(first.values)) if by_default else Items(list(first.values), is_whole=False, grows=True)
    unset = frozenset(("unset",)) if isinstance(first, Const) and same else frozenset[str]()
    return Thing(marks=SETTING | unset, trail=(name,))


__all__ = ["of_arguments", "of_options"]
