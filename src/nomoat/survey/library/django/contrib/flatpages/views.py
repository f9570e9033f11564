"""Django: pages from a table; some are for those who are signed in."""

from django.http import HttpResponse


def flatpage(request, url):
    return HttpResponse(url)
