"""Django: what search engines are told of."""

from django.http import HttpResponse


def index(request, sitemaps, template_name="", content_type="", sitemap_url_name=""):
    return HttpResponse()


def sitemap(request, sitemaps, section=None, template_name="", content_type=""):
    return HttpResponse()
