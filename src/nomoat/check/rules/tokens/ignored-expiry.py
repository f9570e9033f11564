import logging

import jwt
from jose import jwt as jose

OPTIONS = {"verify_exp": False}
JWT_AUTH = {"JWT_VERIFY_EXPIRATION": False}  # expect: ignored-expiry


def bad(token, key):
    jose.decode(token, key, algorithms=["HS256"], options={"verify_exp": False})  # expect: ignored-expiry
    return jwt.decode(token, key, algorithms=["HS256"], options=OPTIONS)  # expect: ignored-expiry


def safe(token, key):
    jwt.decode(token, key, algorithms=["HS256"])
    jwt.decode(token, key, algorithms=["HS256"], leeway=10)
    jwt.decode(token, key, algorithms=["HS256"], options={"verify_exp": True, "verify_aud": False})


SAFE_JWT_AUTH = {"JWT_ALGORITHM": "RS256"}
