"""django-oauth-toolkit: where people manage their applications."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.views.generic import CreateView, DeleteView, DetailView, ListView, UpdateView


class ApplicationOwnerIsUserMixin(LoginRequiredMixin):
    fields = "__all__"


class ApplicationRegistration(LoginRequiredMixin, CreateView):
    pass


class ApplicationDetail(ApplicationOwnerIsUserMixin, DetailView):
    pass


class ApplicationList(ApplicationOwnerIsUserMixin, ListView):
    pass


class ApplicationDelete(ApplicationOwnerIsUserMixin, DeleteView):
    pass


class ApplicationUpdate(ApplicationOwnerIsUserMixin, UpdateView):
    pass
