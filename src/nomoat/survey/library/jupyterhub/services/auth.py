"""JupyterHub: services that ask it who is calling, by a token or a cookie that it gave."""

from tornado.web import HTTPError, RequestHandler


class HubAuthenticated:
    def get_login_url(self):
        return "/hub/login"

    def get_current_user(self):
        return self.request.authorization

    def check_hub_user(self, model):
        return model


class HubOAuthenticated(HubAuthenticated):
    pass


class HubOAuthCallbackHandler(HubOAuthenticated, RequestHandler):
    async def get(self):
        if not self.get_argument("code", False):
            raise HTTPError(400)
        self.redirect("/")
