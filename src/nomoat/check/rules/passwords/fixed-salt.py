import hashlib
import os

import bcrypt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

SALT = "a9f3".encode()


def bad(password):
    hashlib.pbkdf2_hmac("sha256", password, b"salt", 600_000)  # expect: fixed-salt
    hashlib.scrypt(password, salt=SALT, n=2**14, r=8, p=1)  # expect: fixed-salt
    PBKDF2HMAC(hashes.SHA256(), 32, bytes(16), 600_000)  # expect: fixed-salt
    bcrypt.hashpw(password, b"$2b$12$abcdefghijklmnopqrstuv")  # expect: fixed-salt


def safe(password, user, salt):
    hashlib.pbkdf2_hmac("sha256", password, os.urandom(16), 600_000)
    hashlib.scrypt(password, salt=user.salt, n=2**14, r=8, p=1)
    PBKDF2HMAC(hashes.SHA256(), 32, salt, 600_000)
    bcrypt.hashpw(password, bcrypt.gensalt())
