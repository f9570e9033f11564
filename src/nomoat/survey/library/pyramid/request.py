"""Pyramid: what is found out once for a request."""


class RequestLocalCache:
    def __init__(self, creator=None):
        self.creator = creator

    def get_or_create(self, request, creator=None):
        return (creator or self.creator)(request)

    def set(self, request, value):
        """Nothing of it is remembered here: it is found out again."""

    def clear(self, request):
        """The same."""
