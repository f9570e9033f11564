"""Paths of the shelf."""

from books import views
from django.urls import path

urlpatterns = [
    path("books/", views.books),
    path("books/<int:number>/", views.book),
    path("books/<int:number>/lend/", views.Lending.as_view()),
]
