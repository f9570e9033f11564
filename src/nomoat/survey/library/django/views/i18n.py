"""Django: choosing a language, and texts for scripts."""

from django.http import HttpResponse
from django.views.generic import View


def set_language(request):
    language = request.POST.get("language")
    return HttpResponse(language)


def javascript_catalog(request, domain="djangojs", packages=None):
    return HttpResponse()


def json_catalog(request, domain="djangojs", packages=None):
    return HttpResponse()


class JavaScriptCatalog(View):
    def get(self, request, *args, **kwargs):
        return HttpResponse()


class JSONCatalog(JavaScriptCatalog):
    pass
