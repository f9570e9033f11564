"""Django's admin: a site of it lets nobody but staff through; `site` is the one that a project has by itself."""

from functools import update_wrapper

from django.contrib.admin.site import urls as _urls
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import include, path

from nomoat.survey import admin_modules, is_several


class ModelAdmin:
    def __init__(self, model, admin_site):
        self.model = model
        self.admin_site = admin_site

    def get_urls(self):
        # What it has by itself stands behind the site's own pages.
        return []

    @property
    def urls(self):
        return self.get_urls()


class AdminSite:
    def __init__(self, name="admin"):
        self.name = name
        self.registered = []

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

    def _own_pages(self):
        admin_modules()
        pages = []
        for model, one in self.registered:
            meta = model._meta
            pages.append(path(meta.app_label + "/" + meta.model_name + "/", include(one.urls)))
        return pages

    def get_urls(self):
        return [
            path("", self.admin_view(self.index), name="index"),
            path("login/", self.login, name="login"),
            *self._own_pages(),
            path("<path:page>", self.admin_view(self._page)),
        ]

    @property
    def urls(self):
        return self.get_urls(), "admin", self.name

    def register(self, model_or_iterable, admin_class=None, **options):
        models = model_or_iterable if is_several(model_or_iterable) else [model_or_iterable]
        for model in models:
            self.registered.append((model, (admin_class or ModelAdmin)(model, self)))


class _Site(AdminSite):
    @property
    def urls(self):
        pages = self._own_pages()
        return ([*pages, path("", _urls)], "admin", self.name) if pages else _urls


site = _Site()


def register(*models, site=site):
    def decorator(admin_class):
        site.register(models, admin_class)
        return admin_class

    return decorator
