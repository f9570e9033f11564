"""JupyterHub: the class that answers of its API are made of."""

from jupyterhub.handlers.base import BaseHandler


class APIHandler(BaseHandler):
    def get_json_body(self):
        return self.request.body_arguments
