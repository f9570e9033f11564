import os

from Crypto.Cipher import AES, ARC4, DES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305


def bad(key, nonce):
    DES.new(key, DES.MODE_CBC, nonce)  # expect: weak-cipher
    ARC4.new(key)  # expect: weak-cipher
    Cipher(algorithms.TripleDES(key), modes.CBC(nonce))  # expect: weak-cipher
    Cipher(algorithms.Blowfish(key), modes.CBC(nonce))  # expect: weak-cipher


def safe(key, nonce, data):
    AES.new(key, AES.MODE_GCM, nonce)
    Cipher(algorithms.AES(key), modes.GCM(nonce))
    AESGCM(key).encrypt(os.urandom(12), data, None)
    ChaCha20Poly1305(key).encrypt(os.urandom(12), data, None)
