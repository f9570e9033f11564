import jwt
from jose import jwt as jose

BOTH = ["RS256", "HS256"]


def bad(token, key):
    jwt.decode(token, key, algorithms=["HS256", "RS256"])  # expect: confused-algorithms
    jwt.decode(token, key, BOTH)  # expect: confused-algorithms
    jose.decode(token, key, algorithms=("ES256", "HS512"))  # expect: confused-algorithms


def safe(token, key):
    jwt.decode(token, key, algorithms=["HS256", "HS512"])
    jwt.decode(token, key, algorithms=["RS256", "ES256"])
    jose.decode(token, key, algorithms="HS256")
