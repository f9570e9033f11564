"""Django: middleware in parts, one before the view and one after it."""


class MiddlewareMixin:
    def __init__(self, get_response):
        self.get_response = get_response
