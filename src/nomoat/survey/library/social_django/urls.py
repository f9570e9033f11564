"""social-auth-app-django: signing in elsewhere, and taking that back."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST


def auth(request, backend):
    return HttpResponse()


def complete(request, backend):
    return HttpResponse(request.POST)


@login_required
@require_POST
def disconnect(request, backend, association_id=None):
    return HttpResponse()


urlpatterns = [
    path("login/<str:backend>/", auth),
    path("complete/<str:backend>/", complete),
    path("disconnect/<str:backend>/", disconnect),
    path("disconnect/<str:backend>/<int:association_id>/", disconnect),
]
