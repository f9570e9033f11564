"""JupyterHub: who signs people in, and the pages that it adds for that."""


class Authenticator:
    def get_handlers(self, app):
        return []

    def login_url(self, base_url):
        return "/hub/login"

    def logout_url(self, base_url):
        return "/hub/logout"


class LocalAuthenticator(Authenticator):
    pass


class PAMAuthenticator(LocalAuthenticator):
    pass


class NullAuthenticator(Authenticator):
    pass


class DummyAuthenticator(Authenticator):
    pass
