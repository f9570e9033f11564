from accounts import current, database, kept
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.urls import path
from fastapi import Depends, FastAPI, Header, HTTPException
from flask import Flask, request
from flask_restful import reqparse
from marshmallow import Schema, fields
from pydantic import BaseModel
from rest_framework import serializers
from rest_framework.generics import CreateAPIView, UpdateAPIView
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from sqlalchemy import Boolean, Column, Integer, String
from sqlalchemy.orm import Session, declarative_base

api = FastAPI()
Base = declarative_base()


class Reader(AbstractUser):
    phone = models.CharField(max_length=20)


class Book(models.Model):
    title = models.CharField(max_length=20)


class Everything(serializers.ModelSerializer):
    class Meta:
        model = Reader
        fields = "__all__"  # expect: writable-privilege


class ButOne(serializers.ModelSerializer):
    class Meta:
        model = Reader
        exclude = ["password"]  # expect: writable-privilege


class Chosen(serializers.ModelSerializer):
    class Meta:
        model = Reader
        fields = ["username", "phone"]


class ReadOnly(serializers.ModelSerializer):
    class Meta:
        model = Reader
        fields = ["username", "is_staff", "phone"]
        read_only_fields = ["is_staff"]


class OfStaff(serializers.ModelSerializer):
    class Meta:
        model = Reader
        fields = "__all__"


class OfBooks(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = "__all__"


class Seat(models.Model):
    reader = models.OneToOneField(Reader, on_delete=models.CASCADE, related_name="seat")
    number = models.IntegerField()
    is_keeper = models.BooleanField(default=False)
    is_near = models.BooleanField(default=False)


class IsKeeper(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_authenticated and request.user.seat.is_keeper


class WholeSeat(serializers.ModelSerializer):
    class Meta:
        model = Seat
        fields = ["number", "is_keeper"]  # expect: writable-privilege


class SeatToSit(serializers.ModelSerializer):
    class Meta:
        model = Seat
        fields = ["number", "is_near"]


class SeatToSee(serializers.ModelSerializer):
    class Meta:
        model = Seat
        fields = ["number", "is_keeper"]
        read_only_fields = ["is_keeper"]


class Lock(CreateAPIView):
    serializer_class = OfBooks
    permission_classes = [IsKeeper]


class Take(UpdateAPIView):
    queryset = Seat.objects.all()
    serializer_class = WholeSeat
    permission_classes = [IsAuthenticated]


class Sit(UpdateAPIView):
    queryset = Seat.objects.all()
    serializer_class = SeatToSit
    permission_classes = [IsAuthenticated]


class See(UpdateAPIView):
    queryset = Seat.objects.all()
    serializer_class = SeatToSee
    permission_classes = [IsAuthenticated]


class Join(CreateAPIView):
    serializer_class = Everything
    permission_classes = [AllowAny]


class Change(UpdateAPIView):
    queryset = Reader.objects.all()
    serializer_class = ButOne
    permission_classes = [IsAuthenticated]


class Rename(UpdateAPIView):
    queryset = Reader.objects.all()
    serializer_class = Chosen
    permission_classes = [IsAuthenticated]


class Look(UpdateAPIView):
    queryset = Reader.objects.all()
    serializer_class = ReadOnly
    permission_classes = [IsAuthenticated]


class Manage(UpdateAPIView):
    queryset = Reader.objects.all()
    serializer_class = OfStaff
    permission_classes = [IsAdminUser]


class Print(CreateAPIView):
    serializer_class = OfBooks
    permission_classes = [AllowAny]


urlpatterns = [
    path("join", Join.as_view()),
    path("readers/<int:pk>", Change.as_view()),
    path("readers/<int:pk>/name", Rename.as_view()),
    path("readers/<int:pk>/look", Look.as_view()),
    path("readers/<int:pk>/manage", Manage.as_view()),
    path("books", Print.as_view()),
    path("books/lock", Lock.as_view()),
    path("seats/<int:pk>", Take.as_view()),
    path("seats/<int:pk>/sit", Sit.as_view()),
    path("seats/<int:pk>/see", See.as_view()),
]


class Account(Base):
    __tablename__ = "accounts"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    password = Column(String)
    is_admin = Column(Boolean)


class Registration(BaseModel):
    name: str
    password: str
    is_admin: bool = False


class Modest(BaseModel):
    name: str
    password: str


@api.post("/accounts")
def register(body: Registration, rows: Session = Depends()):
    rows.add(Account(**body.model_dump()))  # expect: writable-privilege


@api.post("/accounts/later")
def register_later(body: Registration, rows: Session = Depends()):
    given = body.dict()
    given["password"] = given["password"][::-1]
    rows.add(Account(**given))  # expect: writable-privilege


@api.post("/accounts/modest")
def register_modestly(body: Modest, rows: Session = Depends()):
    rows.add(Account(**body.model_dump()))


@api.post("/accounts/without")
def register_without(body: Registration, rows: Session = Depends()):
    rows.add(Account(**body.model_dump(exclude={"is_admin"})))


@api.post("/accounts/named")
def register_by_name(body: Registration, rows: Session = Depends()):
    rows.add(Account(name=body.name, password=body.password))


@api.patch("/accounts/{name}")
def change_all(name: str, body: Registration, rows: Session = Depends()):
    account = rows.get(Account, name)
    for key, value in body.model_dump(exclude_unset=True).items():
        setattr(account, key, value)  # expect: writable-privilege


@api.patch("/accounts/{name}/modestly")
def change_modestly(name: str, body: Modest, rows: Session = Depends()):
    account = rows.get(Account, name)
    for key, value in body.model_dump(exclude_unset=True).items():
        setattr(account, key, value)


@api.post("/accounts/document")
def register_document(body: Registration):
    given = body.model_dump()
    database.accounts.insert_one(given)  # expect: writable-privilege
    database.accounts.insert_one({"name": body.name, "password": body.password})


@api.patch("/me/document")
def change_document(body: Registration, me: dict = Depends(current)):
    database.accounts.update_one({"_id": me["_id"]}, {"$set": body.model_dump()})  # expect: writable-privilege


@api.patch("/me/document/modestly")
def change_document_modestly(body: Modest, me: dict = Depends(current)):
    database.accounts.update_one({"_id": me["_id"]}, {"$set": body.model_dump()})


@api.patch("/me/row")
def change_row(body: Registration, rows: Session = Depends(), me: Account = Depends(current)):
    rows.query(Account).filter(Account.name == me.name).update(body.model_dump())  # expect: writable-privilege


@api.patch("/me/row/modestly")
def change_row_modestly(body: Modest, rows: Session = Depends(), me: Account = Depends(current)):
    rows.query(Account).filter(Account.name == me.name).update(body.model_dump())


server = Flask(__name__)
parser = reqparse.RequestParser()
parser.add_argument("name")
parser.add_argument("is_admin", type=bool)
modest = reqparse.RequestParser()
modest.add_argument("name")


class AccountSchema(Schema):
    name = fields.Str()
    role = fields.Str()


class ShownAccountSchema(Schema):
    name = fields.Str()
    role = fields.Str(dump_only=True)


@server.post("/parsed")
def parsed():
    given = parser.parse_args()
    return kept(Account(**given))  # expect: writable-privilege


@server.post("/parsed/modestly")
def parsed_modestly():
    given = modest.parse_args()
    return kept(Account(**given))


@server.post("/parsed/over")
def parsed_and_written_over():
    given = parser.parse_args()
    given["is_admin"] = False
    return kept(Account(**given))


@server.post("/loaded")
def loaded():
    given = AccountSchema().load(request.get_json())
    return kept(Account(**given))  # expect: writable-privilege


@server.post("/loaded/modestly")
def loaded_modestly():
    given = ShownAccountSchema().load(request.get_json())
    return kept(Account(**given))
