import ast
import importlib
import json

from django.http import HttpRequest, JsonResponse
from django.urls import path

PLUGINS = {"csv": "shop.export.csv", "json": "shop.export.json"}


def evaluated(request: HttpRequest):
    return JsonResponse({"sum": eval(request.GET["expression"])})  # expect: code-injection


def executed(request: HttpRequest):
    code = json.loads(request.body).get("code", "")
    exec(compile(code, "<caller>", "exec"), {})  # expect: code-injection
    return JsonResponse({})


def loaded(request: HttpRequest, name):
    module = importlib.import_module(f"plugins.{name}")  # expect: code-injection
    return JsonResponse(module.run())


def parsed(request: HttpRequest):
    return JsonResponse({"value": ast.literal_eval(request.GET["expression"])})


def number(request: HttpRequest):
    return JsonResponse({"value": eval(f"{int(request.GET['a'])} + {float(request.GET['b'])}")})


def chosen(request: HttpRequest, name):
    return JsonResponse(importlib.import_module(PLUGINS[name]).run())


def tested(request: HttpRequest, name):
    if name not in PLUGINS:
        return JsonResponse({}, status=404)
    return JsonResponse(importlib.import_module(f"plugins.{name}").run())


def constant(request: HttpRequest):
    return JsonResponse({"value": eval("1 + 1"), "asked": request.GET["expression"]})


urlpatterns = [
    path("a", evaluated),
    path("b", executed),
    path("c/<str:name>", loaded),
    path("d", parsed),
    path("e", number),
    path("f/<str:name>", chosen),
    path("g/<str:name>", tested),
    path("h", constant),
]
