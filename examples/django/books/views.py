"""What can be asked for: guard decides, and a list is filtered by the same policy in its query."""

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views import View

from books.models import Book
from nomoat import guard


@guard.requires("books:list")
def books(request: HttpRequest) -> JsonResponse:
    """The books that the caller may read."""
    rows = Book.objects.filter(guard.filter("books:read", Book)).order_by("id")
    return JsonResponse({"books": [{"id": one.id, "title": one.title} for one in rows]})


@guard.requires("books:read")
def book(request: HttpRequest, number: int) -> JsonResponse:
    """One of them."""
    found = get_object_or_404(Book, id=number)
    guard.require("books:read", owner=found.owner)
    return JsonResponse({"id": found.id, "title": found.title, "lent_to": found.lent_to})


class Lending(View):
    """A book is lent by its owner, or by a librarian."""

    def post(self, request: HttpRequest, number: int) -> JsonResponse:
        """Lends it."""
        found = get_object_or_404(Book, id=number)
        guard.require("books:lend", owner=found.owner)
        found.lent_to = request.POST["to"]
        found.save(update_fields=["lent_to"])
        return JsonResponse({"lent_to": found.lent_to})
