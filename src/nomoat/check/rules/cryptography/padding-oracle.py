from Crypto.Cipher import PKCS1_OAEP, PKCS1_v1_5
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding


def bad(private, public, data):
    public.encrypt(data, padding.PKCS1v15())  # expect: padding-oracle
    private.decrypt(data, padding=padding.PKCS1v15())  # expect: padding-oracle
    PKCS1_v1_5.new(public).encrypt(data)  # expect: padding-oracle


def safe(private, public, data):
    public.encrypt(data, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    private.sign(data, padding.PKCS1v15(), hashes.SHA256())
    PKCS1_OAEP.new(public).encrypt(data)
