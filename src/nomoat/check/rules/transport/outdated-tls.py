import ssl
from ssl import PROTOCOL_TLSv1, SSLContext


def bad(host, port):
    SSLContext(PROTOCOL_TLSv1)  # expect: outdated-tls
    ssl.SSLContext(protocol=ssl.PROTOCOL_SSLv3)  # expect: outdated-tls
    ssl.get_server_certificate((host, port), ssl_version=ssl.PROTOCOL_TLSv1_1)  # expect: outdated-tls
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1  # expect: outdated-tls


def safe(host, port):
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ssl.SSLContext()
    ssl.get_server_certificate((host, port))
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
