import hmac
import os

from django.http import HttpResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt, csrf_protect, ensure_csrf_cookie
from flask import Flask
from flask_wtf import CSRFProtect

app = Flask(__name__)
csrf = CSRFProtect(app)


@csrf_exempt  # expect: csrf-exempted
def pay(request):
    return HttpResponse()


@method_decorator(csrf_exempt, name="dispatch")  # expect: csrf-exempted
class Pay(View):
    pass


@app.post("/refund")
@csrf.exempt  # expect: csrf-exempted
def refund():
    return ""


@csrf_exempt  # expect: csrf-exempted
def change_mail(request):
    request.user.email = request.POST["email"]
    request.user.save()
    return HttpResponse()


def plain(request):
    return HttpResponse()


urlpatterns = [path("plain", csrf_exempt(plain)), path("other", csrf_protect(plain))]  # expect: csrf-exempted


@csrf_protect
def protected(request):
    return HttpResponse()


@ensure_csrf_cookie
def given_a_token(request):
    return HttpResponse()


@method_decorator(csrf_protect, name="dispatch")
class Protected(View):
    pass


@app.post("/orders")
def order():
    return ""
