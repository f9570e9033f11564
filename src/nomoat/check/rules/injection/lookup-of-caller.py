from django.db import models
from django.http import JsonResponse
from django.urls import path

ROOT_URLCONF = "app"
FIELDS = {"title", "year"}


class Book(models.Model):
    title = models.TextField()
    year = models.IntegerField()


def answer(books):
    return JsonResponse([book.title for book in books], safe=False)


def all_of(words):
    return Book.objects.filter(**words)  # expect: lookup-of-caller


def found(request):
    return answer(all_of(request.GET.dict()))


def left_out(request):
    words = {}
    for name, value in request.GET.items():
        words[name] = value
    return answer(Book.objects.exclude(**words))  # expect: lookup-of-caller


def found_by_any(request):
    words = {name: value for name, value in request.GET.items()}
    return answer(Book.objects.filter(**words))  # expect: lookup-of-caller


def found_well(request):
    return answer(Book.objects.filter(title=request.GET["title"]))


def found_by_some(request):
    words = {}
    if request.GET.get("title"):
        words["title__icontains"] = request.GET["title"]
    return answer(Book.objects.filter(**words))


def found_by_listed(request):
    words = {name: value for name, value in request.GET.items() if name in FIELDS}
    return answer(Book.objects.filter(**words))


urlpatterns = [
    path("found", found),
    path("left-out", left_out),
    path("found-by-any", found_by_any),
    path("found-well", found_well),
    path("found-by-some", found_by_some),
    path("found-by-listed", found_by_listed),
]
