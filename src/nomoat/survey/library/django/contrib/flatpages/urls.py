"""Django: the path of pages from a table."""

from django.contrib.flatpages import views
from django.urls import path

urlpatterns = [path("<path:url>", views.flatpage)]
