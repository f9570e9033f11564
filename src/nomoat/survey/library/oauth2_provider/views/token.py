"""django-oauth-toolkit: where people see what they have allowed, and take it back."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.views.generic import DeleteView, ListView


class AuthorizedTokensListView(LoginRequiredMixin, ListView):
    pass


class AuthorizedTokenDeleteView(LoginRequiredMixin, DeleteView):
    pass
