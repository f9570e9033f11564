"""djoser: the paths of accounts, by their longer name."""

from djoser.urls import router, urlpatterns
