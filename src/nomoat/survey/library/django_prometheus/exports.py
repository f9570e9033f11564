"""django-prometheus: numbers, for everybody who asks."""

from django.http import HttpResponse


def ExportToDjangoView(request):
    return HttpResponse()
