"""Django: entries of a list of paths, by the module that defines them."""

from django.urls import URLPattern
