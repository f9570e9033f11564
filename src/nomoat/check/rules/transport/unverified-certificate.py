import os
import ssl

import aiohttp
import httpx
import requests
import urllib3
from requests import Session

VERIFY = False


def bad(url):
    requests.get(url, verify=False)  # expect: unverified-certificate
    requests.post(url, json={}, verify=VERIFY)  # expect: unverified-certificate
    httpx.Client(verify=False)  # expect: unverified-certificate
    urllib3.PoolManager(cert_reqs="CERT_NONE")  # expect: unverified-certificate
    urllib3.PoolManager(cert_reqs=ssl.CERT_NONE)  # expect: unverified-certificate
    aiohttp.TCPConnector(ssl=False)  # expect: unverified-certificate
    ssl._create_unverified_context()  # expect: unverified-certificate
    session = Session()
    session.verify = False  # expect: unverified-certificate
    session.get(url, verify=False)  # expect: unverified-certificate
    context = ssl.create_default_context()
    context.check_hostname = False  # expect: unverified-certificate
    context.verify_mode = ssl.CERT_NONE  # expect: unverified-certificate
    ssl._create_default_https_context = ssl._create_unverified_context  # expect: unverified-certificate


async def bad_too(session: aiohttp.ClientSession, url):
    await session.get(url, ssl=False)  # expect: unverified-certificate


def safe(url, verify, given):
    requests.get(url)
    requests.get(url, verify=True)
    requests.get(url, verify="/etc/ssl/own-ca.pem")
    requests.get(url, verify=verify)
    requests.post(url, verify=os.environ.get("CA_FILE", True))
    httpx.Client(verify=ssl.create_default_context())
    urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=given)
    aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=given))
    session = Session()
    session.verify = "/etc/ssl/own-ca.pem"
    context = ssl.create_default_context()
    context.check_hostname = True
    context.verify_mode = ssl.CERT_REQUIRED
    jwt_check(given, verify=True)


def jwt_check(token, verify):
    return token if verify else None


async def of_tornado(client, url):
    await client.fetch(url, validate_cert=False)  # expect: unverified-certificate
    await client.fetch(url)
