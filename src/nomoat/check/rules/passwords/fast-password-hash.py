import hashlib
from hashlib import sha256

import bcrypt
from configurations import Configuration
from flask import request
from passlib.hash import argon2, md5_crypt
from werkzeug.security import generate_password_hash


def bad(user, password, salt):
    user.password = hashlib.md5(password.encode()).hexdigest()  # expect: fast-password-hash
    user.password = sha256((salt + password).encode("utf-8")).hexdigest()  # expect: fast-password-hash
    user.password = hashlib.sha1(request.form["password"].encode()).hexdigest()  # expect: fast-password-hash
    user.password = generate_password_hash(password, method="pbkdf2:sha1")  # expect: fast-password-hash
    user.password = md5_crypt.hash(password)  # expect: fast-password-hash
    digest = hashlib.sha512()
    digest.update(password.encode())  # expect: fast-password-hash
    return digest


def hash_password(given):
    return hashlib.sha256(given.encode()).hexdigest()  # expect: fast-password-hash


def safe(user, password, path, nonce, realm):
    user.password = hashlib.scrypt(password.encode(), salt=nonce, n=2**14, r=8, p=1)


def safe_too(user, password, path, nonce, realm):
    user.password = generate_password_hash(password)
    user.password = argon2.hash(password)
    user.checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    return hashlib.md5(f"{user.name}:{realm}:{password}".encode()).hexdigest()


def asked(self):
    first = hashlib.md5(self.get_argument("password").encode()).hexdigest()  # expect: fast-password-hash
    return first, hashlib.md5(self.get_argument("file").encode()).hexdigest()


def hash_file(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def password_reset_digest(number):
    return hashlib.sha256(number.encode()).hexdigest()


INSTALLED_APPS = ["django.contrib.auth"]
ROOT_URLCONF = "shop.urls"
PASSWORD_HASHERS = [  # expect: fast-password-hash
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]


class Local(Configuration):
    PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
