from __future__ import annotations

import pytest

from nomoat.survey.python import form
from nomoat.survey.python.constants import Known
from tests.survey.python.programs import tree

# Each case: a module whose last expression is evaluated, and what is known of it.
CASES: dict[str, Known | None] = {
    "'a'": Known("a"),
    "X = 'a'\nX": Known("a"),
    "X = 'a'\nY = X + 'b'\nf'{Y}c'": Known("abc"),
    "X = 2\nf'/v{X}'": Known("/v2"),
    "'%s-%s' % ('a', 'b')": Known("a-b"),
    "'{}-{}'.format('a', 'b')": Known("a-b"),
    "' a '.strip()": Known("a"),
    "X = 'a'\nX = 'b'\nX": None,
    "f()": None,
    "class C:\n  x = 'a'\nC.x": Known("a"),
    "from enum import Enum\nclass C(Enum):\n  RED = 'red'\nC.RED.value": Known("red"),
    "from enum import Enum\nclass C(Enum):\n  RED = 'red'\nC.RED": Known("red"),
    "import os\nos.getenv('KEY')": Known(None, ("KEY",), is_set=False),
    "import os\nos.getenv('KEY', 'secret')": Known("secret", ("KEY",)),
    "import os\nX = os.environ.get('KEY', 'secret')\nX": Known("secret", ("KEY",)),
    "import os\nos.environ['KEY']": Known(None, ("KEY",), is_set=False),
    "import os\nos.getenv('KEY') or 'secret'": Known("secret", ("KEY",)),
    "import os\n'https://' + os.getenv('HOST', 'a.test')": Known("https://a.test", ("HOST",)),
    "import os\nint(os.getenv('N', '7'))": Known(7, ("N",)),
    "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n  key: str = 'x'\ns = S()\ns.key": Known(
        "x", ("KEY",)
    ),
    "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n  key: str\ns = S()\ns.key": Known(
        None, ("KEY",), is_set=False
    ),
    "X = X + 'a'\nX": None,
    "{'a': 'b'}['a']": Known("b"),
    "-1": Known(-1),
}


@pytest.mark.parametrize("source", CASES)
def test_the_value_of_the_last_expression_is(source: str) -> None:
    program = tree({"main.py": source})
    scope = program.scope("main.py")
    statement = scope.body[-1]
    assert statement[0] == form.EXPRESSION

    assert program.constant(scope, statement[3]) == CASES[source]


def test_a_constant_is_followed_into_another_module() -> None:
    program = tree({"settings.py": "PREFIX = '/api'", "main.py": "import settings\nsettings.PREFIX + '/v1'"})
    scope = program.scope("main.py")

    assert program.constant(scope, scope.body[-1][3]) == Known("/api/v1")
