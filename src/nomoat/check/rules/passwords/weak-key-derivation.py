import hashlib
from hashlib import pbkdf2_hmac

import bcrypt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from flask import Flask
from werkzeug.security import generate_password_hash

ROUNDS = 10 * 100
app = Flask(__name__)
app.config["BCRYPT_LOG_ROUNDS"] = 4  # expect: weak-key-derivation


def bad(password, salt):
    hashlib.pbkdf2_hmac("sha256", password, salt, 1000)  # expect: weak-key-derivation
    pbkdf2_hmac("sha256", password, salt, iterations=ROUNDS)  # expect: weak-key-derivation
    PBKDF2HMAC(algorithm=hashes.SHA256(), length=32, salt=salt, iterations=10_000)  # expect: weak-key-derivation
    bcrypt.gensalt(rounds=4)  # expect: weak-key-derivation
    hashlib.scrypt(password, salt=salt, n=1024, r=8, p=1)  # expect: weak-key-derivation
    generate_password_hash(password, "pbkdf2:sha256:1000")  # expect: weak-key-derivation


def safe(password, salt, rounds):
    hashlib.pbkdf2_hmac("sha256", password, salt, 600_000)
    pbkdf2_hmac("sha256", password, salt, rounds)
    PBKDF2HMAC(algorithm=hashes.SHA256(), length=32, salt=salt, iterations=600_000)
    bcrypt.gensalt()
    bcrypt.gensalt(12)
    hashlib.scrypt(password, salt=salt, n=2**14, r=8, p=1)
    generate_password_hash(password, "pbkdf2:sha256:600000")


other = Flask(__name__)
other.config["BCRYPT_LOG_ROUNDS"] = 12
