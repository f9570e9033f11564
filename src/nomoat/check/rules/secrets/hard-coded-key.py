import hmac
import os
from dataclasses import dataclass
from hashlib import sha256

import jwt
from cryptography.fernet import Fernet
from Crypto.Cipher import AES
from fastapi import FastAPI
from flask import Flask
from jose import jwt as jose
from joserfc.jwk import OctKey
from starlette.middleware.sessions import SessionMiddleware

SECRET = "c2b7f0a4e19d4d1c8e5f"
FROM_ENVIRONMENT = os.environ["SECRET"]
WITH_DEFAULT = os.getenv("SECRET", "for development")
PLACEHOLDER = "<your key>"

try:
    CAUGHT = os.environ["SECRET"]
except KeyError:
    CAUGHT = "1f9e0c77b2a4"


SIMPLE_JWT = {"SIGNING_KEY": "8d0e1c6b5a4f"}  # expect: hard-coded-key
SAFE_SIMPLE_JWT = {"SIGNING_KEY": FROM_ENVIRONMENT, "ALGORITHM": "HS256"}


@dataclass
class Settings:
    secret_key: str
    algorithm: str = "HS256"


made = Settings(secret_key="5b1c99d07e3f")
made_of_environment = Settings(os.environ["SECRET"])
app = FastAPI()
site = Flask(__name__)
site.secret_key = "0d6f3a9c1b7e"  # expect: hard-coded-key
site.config["JWT_SECRET_KEY"] = "0d6f3a9c1b7e"  # expect: hard-coded-key
site.config.update(SECRET_KEY=os.environ.get("SITE_KEY", "0d6f3a9c1b7e"))  # expect: hard-coded-key
other = Flask(__name__)
other.secret_key = os.environ["SITE_KEY"]
other.config["SECRET_KEY"] = os.urandom(32)
other.config.from_mapping(SECRET_KEY=FROM_ENVIRONMENT)


class Config:
    SECRET_KEY = "0d6f3a9c1b7e"  # expect: hard-coded-key


class SafeConfig:
    SECRET_KEY = os.environ.get("SITE_KEY")



def kept(app):
    app["jwt_key"] = os.getenv("GATE_KEY", "0d6f3a9c1b7e")  # expect: hard-coded-key
    app["cookie_secret"] = os.getenv("COOKIE_KEY", "")
    app["session_secret"] = os.environ["SESSION_KEY"]
    app["paper_key"] = os.getenv("PAPER", "a4-landscape")


def bad(claims):
    jwt.encode(claims, "7c1de0b2a9", algorithm="HS256")  # expect: hard-coded-key
    jwt.encode(claims, SECRET, algorithm="HS256")  # expect: hard-coded-key
    jose.decode(claims, key=SECRET, algorithms=["HS256"])  # expect: hard-coded-key
    OctKey.import_key("7d0f5a1e93c84b62a1f04c6e8b2d9573")  # expect: hard-coded-key
    hmac.new(b"0f1e2d3c4b5a", claims, sha256)  # expect: hard-coded-key
    Fernet(b"Zm9yIHRoZSBleGFtcGxlIG9ubHksIG5vdCBhIGtleSE=")  # expect: hard-coded-key
    app.add_middleware(SessionMiddleware, secret_key=SECRET)  # expect: hard-coded-key
    AES.new(b"0d6f3a9c1b7e4f58", AES.MODE_GCM)  # expect: hard-coded-key
    jwt.encode(claims, made.secret_key, made.algorithm)  # expect: hard-coded-key
    jwt.encode(claims, CAUGHT, algorithm="HS256")  # expect: hard-coded-key


def safe(claims, key):
    jwt.encode(claims, made_of_environment.secret_key, algorithm="HS256")
    jwt.encode(claims, FROM_ENVIRONMENT, algorithm="HS256")
    jwt.encode(claims, os.environ["SECRET"], algorithm="HS256")
    jose.decode(claims, key=WITH_DEFAULT, algorithms=["HS256"])  # expect: hard-coded-key
    OctKey.import_key(PLACEHOLDER)
    hmac.new(key, claims, sha256)
    Fernet(Fernet.generate_key())
    app.add_middleware(SessionMiddleware, secret_key=FROM_ENVIRONMENT)
