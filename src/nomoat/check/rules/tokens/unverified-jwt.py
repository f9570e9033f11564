import base64
import json

import jwt
from jose import jwt as jose

OPTIONS = {"verify_signature": False}
ALGORITHMS = ["HS256"]


def bad(token, key):
    jwt.decode(token, options={"verify_signature": False})  # expect: unverified-jwt
    jwt.decode(token, options=OPTIONS)  # expect: unverified-jwt
    jwt.decode(token, key, algorithms=["HS256", "none"])  # expect: unverified-jwt
    jwt.decode(token, verify=False)  # expect: unverified-jwt
    jwt.decode(token, key)  # expect: unverified-jwt
    jose.get_unverified_claims(token)  # expect: unverified-jwt


def safe(token, key, everything):
    jwt.decode(token, key, algorithms=["HS256"])
    jwt.decode(token, key, ALGORITHMS)
    jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})
    jwt.decode(token, key, algorithms=ALGORITHMS, options={"verify_signature": True})
    jwt.decode(token, key, **everything)
    jose.decode(token, key, algorithms=["ES256"])
    jose.get_unverified_header(token)


def taken_when_it_does_not_verify(token, key):
    try:
        return jwt.decode(token, key, algorithms=["RS256"])
    except jwt.PyJWTError:
        return jwt.decode(token, options={"verify_signature": False})  # expect: unverified-jwt


def read_by_hand(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=="))["sub"]  # expect: unverified-jwt


def of_the_caller(request):
    return jwt.decode(request.json["id_token"], options={"verify_signature": False})["sub"]  # expect: unverified-jwt


def handed_on(id_token):
    return jwt.decode(id_token, options={"verify_signature": False})["sub"]  # expect: unverified-jwt
