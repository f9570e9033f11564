import os

from Crypto.Cipher import AES
from Cryptodome.Cipher import AES as AES2
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def bad(key):
    AES.new(key, AES.MODE_ECB)  # expect: ecb-mode
    AES2.new(key, mode=AES2.MODE_ECB)  # expect: ecb-mode
    Cipher(algorithms.AES(key), modes.ECB())  # expect: ecb-mode


def safe(key, mode):
    AES.new(key, AES.MODE_GCM)
    AES2.new(key, mode=mode)
    Cipher(algorithms.AES(key), modes.GCM(os.urandom(12)))
