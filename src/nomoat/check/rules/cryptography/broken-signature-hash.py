import hashlib
import hmac

from Crypto.Hash import MD5, SHA256
from Crypto.Signature import pkcs1_15
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding


def bad(private, public, data, secret):
    private.sign(data, padding.PKCS1v15(), hashes.SHA1())  # expect: broken-signature-hash
    digest = hashes.MD5()
    public.verify(data, data, padding.PKCS1v15(), digest)  # expect: broken-signature-hash
    pkcs1_15.new(private).sign(MD5.new(data))  # expect: broken-signature-hash
    hmac.new(secret, data, hashlib.md5)  # expect: broken-signature-hash
    return hashlib.md5(secret + data).hexdigest()


def signature(secret, data):
    return hashlib.sha1(secret + data).hexdigest()  # expect: broken-signature-hash


def safe(private, public, data, secret):
    private.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    public.verify(data, data, padding.PKCS1v15(), hashes.SHA512())
    pkcs1_15.new(private).sign(SHA256.new(data))
    hmac.new(secret, data, hashlib.sha256)
    hmac.new(secret, data, "sha256")
    return hashlib.sha1(data).hexdigest()
