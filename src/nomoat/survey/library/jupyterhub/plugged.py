"""JupyterHub: the server that adds pages which its configuration lists, below where its own are."""

from jupyterhub.utils import url_path_join
from tornado.web import Application as WebApplication

from nomoat.survey import is_several


class Application(WebApplication):
    def __init__(self):
        super().__init__([])

    def include(self, listed):
        self.settings["base_url"] = "/"
        self.settings["login_url"] = "/hub/login"
        rows = listed(self) if callable(listed) else listed
        if is_several(rows):
            self.add_handlers(".*$", [(url_path_join("/hub/", row[0]), *row[1:]) for row in rows])
