"""django-health-check: whether all works, for everybody who asks."""

from django.http import HttpResponse
from django.urls import path
from django.views.generic import View


class MainView(View):
    def get(self, request, *args, **kwargs):
        return HttpResponse()


urlpatterns = [path("", MainView.as_view()), path("<str:subset>/", MainView.as_view())]
