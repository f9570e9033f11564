"""django-prometheus: the path of its numbers."""

from django.urls import path
from django_prometheus.exports import ExportToDjangoView

urlpatterns = [path("metrics", ExportToDjangoView)]
