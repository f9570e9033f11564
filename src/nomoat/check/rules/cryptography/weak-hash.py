import hashlib
from hashlib import sha1

from Crypto.Hash import MD5, SHA256


def bad(data):
    hashlib.md5(data)  # expect: weak-hash
    sha1(data).hexdigest()  # expect: weak-hash
    hashlib.new("md5", data)  # expect: weak-hash
    MD5.new(data)  # expect: weak-hash


def safe(data, name):
    hashlib.sha256(data)
    hashlib.md5(data, usedforsecurity=False)
    hashlib.new(name, data)
    hashlib.new("sha256", data)
    SHA256.new(data)
