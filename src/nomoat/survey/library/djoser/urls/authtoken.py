"""djoser: the paths of tokens that a table keeps."""

from django.urls import re_path
from djoser import views

urlpatterns = [
    re_path(r"^token/login/?$", views.TokenCreateView.as_view()),
    re_path(r"^token/logout/?$", views.TokenDestroyView.as_view()),
]
