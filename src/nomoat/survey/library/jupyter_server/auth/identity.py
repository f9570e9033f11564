"""Jupyter Server: who is calling, by a token that it makes itself where nobody sets one; an empty one lets all in."""

GENERATED = "a token that nobody knows"


class User:
    def __init__(self, username, name="", display_name=""):
        self.username = username
        self.name = name
        self.display_name = display_name


class IdentityProvider:
    def __init__(self, parent=None, config=None, log=None, token=GENERATED, **more):
        self.token = token

    @property
    def auth_enabled(self):
        return bool(self.token)

    def get_user(self, handler):
        return self._get_user(handler)

    def _get_user(self, handler):
        if handler.request.authorization:
            return User("owner")
        if not self.auth_enabled:
            return self.generate_anonymous_user(handler)
        return None

    def generate_anonymous_user(self, handler):
        return User("anonymous")

    def get_handlers(self):
        return []


class ProviderOfServer(IdentityProvider):
    """Of the server that loads an extension: whoever configures it, handlers may say otherwise who is calling."""


class PasswordIdentityProvider(IdentityProvider):
    pass
