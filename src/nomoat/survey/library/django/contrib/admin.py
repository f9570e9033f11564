"""Django's admin: a site of it lets nobody but staff through; `site` is the one that a project has by itself."""

from functools import update_wrapper

from django.contrib.admin.site import urls as _urls
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path


class AdminSite:
    def __init__(self, name="admin"):
        self.name = name

    def has_permission(self, request):
        return request.user.is_active and request.user.is_staff

    def admin_view(self, view, cacheable=False):
        def inner(request, *args, **kwargs):
            if not self.has_permission(request):
                return redirect("admin:login")
            return view(request, *args, **kwargs)

        return update_wrapper(inner, view)

    def login(self, request, extra_context=None):
        if request.method == "POST":
            return HttpResponse()
        return HttpResponse()

    def index(self, request, extra_context=None):
        return HttpResponse()

    def _page(self, request, page):
        if request.method == "POST":
            return HttpResponse()
        return HttpResponse()

    def get_urls(self):
        return [
            path("", self.admin_view(self.index), name="index"),
            path("login/", self.login, name="login"),
            path("<path:page>", self.admin_view(self._page)),
        ]

    @property
    def urls(self):
        return self.get_urls(), "admin", self.name

    def register(self, model_or_iterable, admin_class=None, **options):
        pass


class _Site(AdminSite):
    urls = _urls


site = _Site()
