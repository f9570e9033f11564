"""Functions that make an application within another one, which hands them to a server that calls them as it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from server import Server
from tornado.web import Application, HTTPError, RequestHandler


class Orders(RequestHandler):
    def initialize(self, users):
        self.users = users

    def prepare(self):
        if self.get_cookie("session") is None:
            raise HTTPError(401)

    def get(self):
        self.write("orders")


class Home(RequestHandler):
    def get(self):
        self.write("home")


def configure(users, is_debug=False):
    def make(manager):
        routes = [(r"/orders", Orders, dict(users=users))]
        routes.extend([(r"/home", Home)])
        return Application(routes, debug=is_debug)

    return make
"""
_MAIN = """

def main():
    make = configure(object(), is_debug=True)
    Server(make, port=8000).start()
"""


def _map(folder: Path, **files: str) -> dict[str, str]:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return {f"{one.method} {one.path}": one.verdict for one in draw(folder).map.routes}


@pytest.mark.parametrize("main", ["", _MAIN])
def test_what_a_function_within_makes_is_an_application(tmp_path: Path, main: str) -> None:
    """Whether the server that calls it is a package, or nobody who was read."""
    assert _map(tmp_path, app=_APP + main) == {"GET /orders": "guarded", "GET /home": "unguarded"}


def test_who_gives_it_to_a_server_of_the_tree_runs_it_once(tmp_path: Path) -> None:
    server = """
class Server:
    def __init__(self, make, port):
        self.__make, self.port = make, port

    def start(self):
        app = self.__make(self)
        app.listen(self.port)
"""
    assert _map(tmp_path, app=_APP + _MAIN, server=server) == {"GET /orders": "guarded", "GET /home": "unguarded"}
