"""django-allauth: where an account is signed in."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import FormView

urlpatterns = [path("", login_required(FormView.as_view()))]
