"""Django: classes that answer, by their own modules."""

from django.views.generic import BaseDetailView, DetailView, SingleObjectMixin, SingleObjectTemplateResponseMixin
