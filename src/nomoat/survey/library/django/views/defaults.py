"""Django: pages of errors."""

from django.http import HttpResponse


def page_not_found(request, exception=None, template_name=""):
    return HttpResponse()


def server_error(request, template_name=""):
    return HttpResponse()


def bad_request(request, exception=None, template_name=""):
    return HttpResponse()


def permission_denied(request, exception=None, template_name=""):
    return HttpResponse()
