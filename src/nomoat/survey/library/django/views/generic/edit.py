"""Django: classes that answer, by their own modules."""

from django.views.generic import (
    BaseCreateView,
    BaseDeleteView,
    BaseFormView,
    BaseUpdateView,
    CreateView,
    DeleteView,
    DeletionMixin,
    FormMixin,
    FormView,
    ModelFormMixin,
    ProcessFormView,
    UpdateView,
)
