import tornado.httpclient
import tornado.web
from urllib.parse import urlparse
from urllib.request import urlopen

import aiohttp
import httpx
import requests
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, HttpUrl

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
API = "https://api.example.org"
HOSTS = ("api.example.org", "cdn.example.org")
FEEDS = {"news": "https://news.example.org/feed", "jobs": "https://jobs.example.org/feed"}


class Hook(BaseModel):
    url: HttpUrl
    name: str


@app.get("/a")
def of_requests(url: str):
    return requests.get(url, timeout=5).text  # expect: server-side-request


@app.post("/b")
async def of_httpx(hook: Hook):
    async with httpx.AsyncClient() as client:
        answer = await client.post(str(hook.url), json={})  # expect: server-side-request
    return answer.status_code


@app.get("/c")
def of_the_library(host: str):
    return urlopen(f"http://{host}/status").read()  # expect: server-side-request


@app.get("/d")
async def of_aiohttp(url: str):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:  # expect: server-side-request
        return await answer.text()


@app.get("/e")
def method(url: str):
    return requests.request("GET", url, timeout=5).text  # expect: server-side-request


@app.get("/f")
def fixed_host(name: str):
    return requests.get(f"https://api.example.org/users/{name}", timeout=5).json()


@app.get("/g")
def of_a_setting(name: str):
    return requests.get(API + "/users/" + name, params={"q": name}, timeout=5).json()


@app.get("/h")
def tested(url: str):
    if urlparse(url).hostname not in HOSTS:
        raise HTTPException(400)
    return requests.get(url, timeout=5).text


@app.get("/i")
def from_a_table(feed: str):
    return requests.get(FEEDS[feed], timeout=5).text


@app.get("/j")
def number(number: int):
    return requests.get(f"http://node-{number}.internal/", timeout=5).text


@app.post("/k")
def sent(hook: Hook):
    return requests.post(API, json={"name": hook.name}, timeout=5).json()


class Chart(tornado.web.RequestHandler):
    async def get(self):
        client = tornado.httpclient.AsyncHTTPClient()
        await client.fetch(self.get_argument("url"))  # expect: server-side-request
        await client.fetch("https://charts.example/today")
