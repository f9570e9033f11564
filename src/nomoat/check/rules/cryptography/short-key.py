from Crypto.PublicKey import RSA
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

BITS = 1024


def bad():
    rsa.generate_private_key(public_exponent=65537, key_size=1024)  # expect: short-key
    rsa.generate_private_key(65537, BITS)  # expect: short-key
    dsa.generate_private_key(1024)  # expect: short-key
    RSA.generate(512)  # expect: short-key
    ec.generate_private_key(ec.SECP192R1())  # expect: short-key


def safe(size):
    rsa.generate_private_key(public_exponent=65537, key_size=3072)
    rsa.generate_private_key(65537, size)
    dsa.generate_private_key(2048)
    RSA.generate(BITS * 2)
    ec.generate_private_key(ec.SECP256R1())
