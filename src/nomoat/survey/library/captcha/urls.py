"""django-simple-captcha: pictures and sounds to be read."""

from django.http import HttpResponse
from django.urls import path


def answered(request, key=None, scale=None):
    return HttpResponse()


urlpatterns = [
    path("image/<key>/", answered),
    path("image/<key>@2/", answered),
    path("audio/<key>.wav", answered),
    path("refresh/", answered),
]
