"""Django: feeds, which are called like functions."""

from django.http import HttpResponse


class Feed:
    def __call__(self, request, *args, **kwargs):
        obj = self.get_object(request, *args, **kwargs)
        self.items(obj)
        return HttpResponse()

    def get_object(self, request, *args, **kwargs):
        return None

    def items(self, obj):
        return []
