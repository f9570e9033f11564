"""Pyramid: what happens to a request."""


class NewRequest:
    def __init__(self, request):
        self.request = request


class ContextFound(NewRequest):
    pass
