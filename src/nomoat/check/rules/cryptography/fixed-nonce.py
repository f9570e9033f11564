import os

from Crypto.Cipher import AES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

IV = b"\x00" * 16


def bad(key, data):
    AES.new(key, AES.MODE_CBC, IV)  # expect: fixed-nonce
    AES.new(key, AES.MODE_CBC, iv="1234567890123456".encode())  # expect: fixed-nonce
    Cipher(algorithms.AES(key), modes.CTR(bytes(16)))  # expect: fixed-nonce
    AESGCM(key).encrypt(b"fixed nonce!", data, None)  # expect: fixed-nonce
    cipher = AESGCM(key)
    cipher.encrypt(bytes.fromhex("000102030405060708090a0b"), data, None)  # expect: fixed-nonce


def safe(key, data, iv):
    AES.new(key, AES.MODE_CBC, os.urandom(16))
    AES.new(key, AES.MODE_CBC)
    AES.new(key, AES.MODE_CBC, iv=iv)
    Cipher(algorithms.AES(key), modes.CTR(os.urandom(16)))
    nonce = os.urandom(12)
    AESGCM(key).encrypt(nonce, data, None)
