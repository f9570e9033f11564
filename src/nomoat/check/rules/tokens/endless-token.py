import os
from datetime import datetime, timedelta, timezone

import jwt
from authlib.jose import jwt as authlib_jwt
from flask import Flask
from flask_jwt_extended import create_access_token
from jose import jwt as jose

app = Flask(__name__)
app.config["JWT_ACCESS_TOKEN_EXPIRES"] = False  # expect: endless-token
KEY = os.environ["KEY"]


def bad(user):
    claims = {"sub": user.id}
    jwt.encode(claims, KEY, algorithm="HS256")  # expect: endless-token
    jwt.encode({"sub": user.id, "iat": 1}, KEY)  # expect: endless-token
    jose.encode(dict(sub=user.id), KEY)  # expect: endless-token
    authlib_jwt.encode({"alg": "HS256"}, {"sub": user.id}, KEY)  # expect: endless-token
    create_access_token(user.id, expires_delta=False)  # expect: endless-token


def safe(user, data, key):
    claims = {"sub": user.id}
    claims["exp"] = datetime.now(timezone.utc) + timedelta(minutes=15)
    jwt.encode(claims, KEY, algorithm="HS256")
    jwt.encode({"sub": user.id, "exp": 1}, KEY)
    jwt.encode(data, KEY)
    jwt.encode({**data, "sub": user.id}, KEY)
    more = {"sub": user.id}
    more.update(exp=5)
    jose.encode(more, KEY)
    authlib_jwt.encode({"alg": "HS256"}, {"sub": user.id, "exp": 1}, KEY)
    create_access_token(user.id)
    create_access_token(user.id, expires_delta=timedelta(hours=1))


app.config["JWT_REFRESH_TOKEN_EXPIRES"] = timedelta(days=30)


def unsubscribe_link(user):
    return "/unsubscribe?t=" + jwt.encode({"sub": user.id}, KEY)


def invitation_link(user):
    return "/join?t=" + jwt.encode({"sub": user.id}, KEY)  # expect: endless-token
