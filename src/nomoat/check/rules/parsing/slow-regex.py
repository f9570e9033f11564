import re

from django.core.validators import RegexValidator
from django.urls import re_path

WORDS = r"^(\w+\s?)*$"
EMAIL = re.compile(r"^([a-zA-Z0-9]+\.?)+@([a-zA-Z0-9]+\.?)+$")  # expect: slow-regex
QUOTED = re.compile(r'"(?:[^"\\]+|\\.)*"')  # expect: slow-regex

PLAIN = re.compile(r"^[a-z0-9]+(\.[a-z0-9]+)*@[a-z0-9]+(\.[a-z0-9]+)*$")
CHARACTER_BY_CHARACTER = re.compile(r'"(?:[^"\\]|\\.)*"')
# Whatever comes fits, if only in part.
ALWAYS = re.compile(r"(a+)+")
WITH_A_SIGN = re.compile(r"^(?:[a-z]+,)+$")
A_FEW = re.compile(r"^(\d+){1,3}$")
HELD = re.compile(r"^(?>a+)+$")


def bad(text):
    if re.match(WORDS, text):  # expect: slow-regex
        return re.fullmatch(r"(a+)+", text)  # expect: slow-regex
    return RegexValidator(r"^(-?[a-z]+)+$")  # expect: slow-regex


def bad_routes(view):
    return [re_path(r"^(?P<path>([a-z]+/?)+)$", view)]  # expect: slow-regex


def safe(text, given, view):
    if re.match(r"^\w+(?:\s\w+)*$", text) or re.fullmatch(r"a+", text):
        return re.match(given, text)
    return [re_path(r"^(?P<path>[a-z/]+)$", view), RegexValidator(r"^-?[a-z]+(-[a-z]+)*$")]
