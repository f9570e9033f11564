"""Django: classes that answer."""

from django.views.generic import View
