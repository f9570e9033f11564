"""django-rest-knox: the paths of tokens."""

from django.urls import path
from knox import views

urlpatterns = [
    path("login/", views.LoginView.as_view()),
    path("logout/", views.LogoutView.as_view()),
    path("logoutall/", views.LogoutAllView.as_view()),
]
