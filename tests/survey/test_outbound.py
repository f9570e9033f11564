"""Where requests go: also through helpers in other files, and through client classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.effects import Reach
from nomoat.survey.models import models
from nomoat.survey.python.program import read

FILES = {
    "shop/__init__.py": "",
    "shop/settings.py": "import os\nPAY = os.environ['PAYMENTS_URL']\n",
    "shop/http.py": "import requests\ndef fetch(url, **more):\n    return requests.get(url + '/x', **more)\n"
    "def again(base_url, path):\n    return fetch(f'{base_url}/{path}')\n",
    "shop/client.py": "import os\nimport httpx\nclass Client:\n    def __init__(self, base_url):\n"
    "        self.base_url = base_url.rstrip('/')\n        self.session = httpx.Client(base_url=self.base_url)\n"
    "    def charge(self):\n        return httpx.post(f'{self.base_url}/charge')\n"
    "    def list(self):\n        return self.session.get('/charges')\n"
    "class Bills(Client):\n    def __init__(self):\n        super().__init__(os.environ['BILLS_URL'])\n",
}
CASES = {
    "helper in another file": (
        "from shop.http import fetch\ndef f():\n    fetch('http://payments:8000/a')",
        "payments:8000",
    ),
    "helper of a helper": (
        "from shop.http import again\ndef f():\n    again('https://pay.example', 'a')",
        "pay.example",
    ),
    "helper with a setting": (
        "from shop.http import again\nfrom shop.settings import PAY\ndef f():\n    again(PAY, 'a')",
        "PAYMENTS_URL",
    ),
    "client class": (
        "from shop.client import Client\nc = Client('http://payments')\ndef f():\n    c.charge()",
        "payments",
    ),
    "client's session": (
        "from shop.client import Client\nc = Client('http://payments')\ndef f():\n    c.list()",
        "payments",
    ),
    "client by a setting": (
        "from shop.client import Client\nfrom shop.settings import PAY\ndef f():\n    Client(PAY).charge()",
        "PAYMENTS_URL",
    ),
    "client of a base class": ("from shop.client import Bills\ndef f():\n    Bills().charge()", "BILLS_URL"),
    "grpc channel": ("import grpc\ndef f():\n    grpc.insecure_channel('stock:50051')", "stock:50051"),
    "setting of a framework": (
        "from django.conf import settings\nimport requests\ndef f():\n    requests.get(settings.STOCK_URL + '/a')",
        "STOCK_URL",
    ),
    "configuration of an application": (
        "from flask import current_app\nimport requests\ndef f():\n    requests.get(current_app.config['STOCK_URL'])",
        "STOCK_URL",
    ),
    "unknown": ("import requests\ndef f(x):\n    requests.get(x)", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_a_request_goes_to_the_host_or_setting(name: str, tmp_path: Path) -> None:
    source, expected = CASES[name]
    for path, text in {**FILES, "main.py": source}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    program, _ = read(tmp_path)
    reach = Reach(program, models())
    function = next(one for one in program.scope("main.py").children.values() if one.name == "f")

    hosts = reach.reached([reach.standing.frame(function)])[0].hosts

    assert {expected} == {setting or host for host, _, setting in hosts}
