"""Whose a row is: through a foreign key, by a manager, said by the caller, asked by GraphQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import result_of

_MODELS = """
    from django.conf import settings
    from django.db import models

    class LoanQuerySet(models.QuerySet):
        def of(self, user):
            return self.filter(reader__user=user)
        def open(self):
            return self.filter(returned=False)

    class LoanManager(models.Manager):
        def of(self, user):
            return self.get_queryset().filter(reader__user=user)

    class Reader(models.Model):
        user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

    class Book(models.Model):
        copies = models.IntegerField()

    class Loan(models.Model):
        reader = models.ForeignKey(Reader, on_delete=models.CASCADE)
        book = models.ForeignKey(Book, on_delete=models.CASCADE)
        returned = models.BooleanField()
        objects = {manager}

    class Message(models.Model):
        sender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
        recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
"""
_SETTINGS = """
    ROOT_URLCONF = "shop.urls"
    INSTALLED_APPS = ["django.contrib.auth", "loans"]
    MIDDLEWARE = ["django.contrib.auth.middleware.AuthenticationMiddleware"]
"""
_VIEWS = """
    from django.contrib.auth.decorators import login_required, permission_required
    from django.contrib.contenttypes.models import ContentType
    from django.http import HttpResponse
    from django.shortcuts import get_object_or_404
    from loans.models import Book, Loan, Message, Reader

    @login_required
    def own(request, pk):
        {own}
        return HttpResponse(get_object_or_404(Loan, pk=pk, reader__user=request.user).pk)

    @{needs}
    def tried(request{more}):
        {body}
        return HttpResponse("ok")
"""


def _found(
    root: Path,
    body: str,
    *,
    manager: str = "models.Manager()",
    path: str = "<int:pk>/tried",
    own: str = "",
    needs: str = "",
) -> list[str]:
    more = ", pk" if "<int:pk>" in path else ""
    urls = f'path("<int:pk>", views.own), path("{path}", views.tried)'
    files = {
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
        "shop/__init__.py": "",
        "shop/settings.py": _SETTINGS,
        "shop/urls.py": f"from django.urls import path\nfrom loans import views\nurlpatterns = [{urls}]\n",
        "loans/__init__.py": "",
        "loans/models.py": _MODELS.replace("{manager}", manager),
        "loans/views.py": _VIEWS.replace("{more}", more)
        .replace("{body}", body)
        .replace("{own}", own or "pass")
        .replace("{needs}", f'permission_required("{needs}", raise_exception=True)' if needs else "login_required"),
    }
    findings = result_of(root, files).findings
    return [one.confidence for one in findings if one.rule == "missing-ownership" and one.confidence != "low"]


@pytest.mark.parametrize(
    "manager",
    ["LoanQuerySet.as_manager()", "LoanManager()", "models.Manager.from_queryset(LoanQuerySet)()"],
)
def test_a_manager_that_narrows_asks_for_the_owner(manager: str, tmp_path: Path) -> None:
    body = "get_object_or_404(Loan.objects.of(request.user), pk=pk)"

    assert [] == _found(tmp_path, body, manager=manager)


@pytest.mark.parametrize(
    "body",
    ["get_object_or_404(Loan.objects.open(), pk=pk)", "Loan.objects.open().get(pk=pk).delete()"],
)
def test_a_manager_that_narrows_by_something_else_does_not(body: str, tmp_path: Path) -> None:
    assert ["sure"] == _found(tmp_path, body, manager="LoanQuerySet.as_manager()")


def test_what_belongs_to_nobody_needs_no_owner(tmp_path: Path) -> None:
    body = "Loan.objects.create(reader=request.user.reader, book=get_object_or_404(Book, pk=pk))"

    assert [] == _found(tmp_path, body)


@pytest.mark.parametrize(("permission", "found"), [("loans.delete_loan", []), ("loans.lend", ["sure"])])
def test_a_permission_on_a_model_is_for_all_of_its_rows(permission: str, found: list[str], tmp_path: Path) -> None:
    assert found == _found(tmp_path, "Loan.objects.get(pk=pk).delete()", needs=permission)


@pytest.mark.parametrize(("model", "found"), [("ContentType", []), ("Book", ["sure"])])
def test_what_a_framework_keeps_of_itself_is_nobodys(model: str, found: list[str], tmp_path: Path) -> None:
    one = "ContentType.objects.get(model='loan')" if model == "ContentType" else "Book.objects.first()"

    assert found == _found(tmp_path, f"get_object_or_404({model}, pk=pk)", own=one)


def test_who_made_a_row_is_not_said_by_the_caller(tmp_path: Path) -> None:
    body = 'Message.objects.create(sender_id=request.POST["sender"], recipient_id=request.POST["to"])'

    assert ["sure"] == _found(tmp_path, body, path="messages")


@pytest.mark.parametrize("sender", ["request.user.pk", "request.user.reader.user_id"])
def test_who_is_calling_made_it(sender: str, tmp_path: Path) -> None:
    body = f'Message.objects.create(sender_id={sender}, recipient_id=request.POST["to"])'

    assert [] == _found(tmp_path, body, path="messages")


_SCHEMA = """
    import graphene
    from django.conf import settings
    from django.db import models

    class Order(models.Model):
        owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

    class Item(models.Model):
        order = models.ForeignKey(Order, on_delete=models.CASCADE)

    class Country(models.Model):
        name = models.TextField()

    class Query(graphene.ObjectType):
        def resolve_one(self, info, id):
            return {body}
"""


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Order.objects.get(pk=id)", 1),
        ("Item.objects.filter(pk=id).first()", 1),
        ("Order.objects.get(pk=id, owner=info.context.user)", 0),
        ("Country.objects.get(pk=id)", 0),
    ],
)
def test_a_resolver_asks_for_the_owner(body: str, found: int, tmp_path: Path) -> None:
    findings = result_of(tmp_path, {"app.py": _SCHEMA.replace("{body}", body)}).findings

    assert found == sum(one.rule == "missing-ownership" for one in findings)


_REST = """
    from django.conf import settings
    from django.db import models
    from django.urls import path
    from rest_framework import generics, permissions, serializers

    ROOT_URLCONF = "app"

    class Ticket(models.Model):
        author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
        title = models.TextField()

    class TicketSerializer(serializers.ModelSerializer):
        class Meta:
            model = Ticket
            fields = ["author", "title"]
            {more}

    class Tickets(generics.CreateAPIView):
        queryset = Ticket.objects.all()
        serializer_class = TicketSerializer
        permission_classes = [permissions.IsAuthenticated]
        {method}

    urlpatterns = [path("tickets", Tickets.as_view())]
"""
_SAVES = "def perform_create(self, serializer): serializer.save(author=self.request.user)"


@pytest.mark.parametrize(
    ("more", "method", "found"),
    [("", "", 1), ('read_only_fields = ["author"]', "", 0), ("", _SAVES, 0)],
)
def test_a_serializer_that_lets_the_author_be_written(more: str, method: str, found: int, tmp_path: Path) -> None:
    source = _REST.replace("{more}", more).replace("{method}", method)

    findings = result_of(tmp_path, {"app.py": source}).findings

    assert found == sum(one.rule == "missing-ownership" and one.confidence == "sure" for one in findings)


_MUTATION = """
    import graphene
    from django.conf import settings
    from django.contrib.auth.decorators import login_required
    from django.db import models
    from django.urls import path
    from graphene_django.views import GraphQLView

    ROOT_URLCONF = "app"

    class Note(models.Model):
        text = models.TextField()

    class {name}(graphene.Mutation):
        def mutate(self, info, text):
            {asks}
            Note.objects.create(text=text)

    class Count(graphene.Mutation):
        def mutate(self, info, text):
            return len(text)

    urlpatterns = [path("graphql", {view})]
"""
_OPEN = "GraphQLView.as_view()"
_ASKS = "info.context.user.is_authenticated or fail()"


@pytest.mark.parametrize(
    ("name", "asks", "view", "found"),
    [
        ("MakeNote", "pass", _OPEN, 1),
        ("MakeNote", _ASKS, _OPEN, 0),
        ("MakeNote", "pass", f"login_required({_OPEN})", 0),
        ("RegisterNote", "pass", _OPEN, 0),
    ],
)
def test_a_mutation_of_an_open_schema_asks_who_is_calling(
    name: str, asks: str, view: str, found: int, tmp_path: Path
) -> None:
    source = _MUTATION.replace("{name}", name).replace("{asks}", asks).replace("{view}", view)

    findings = result_of(tmp_path, {"app.py": source}).findings

    assert found == sum(one.rule == "missing-guard" and one.confidence == "sure" for one in findings)
