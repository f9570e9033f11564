from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from flask import Flask, make_response, request
from flask_cors import CORS, cross_origin
from starlette.middleware import Middleware

ANY = ["*"]
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)  # expect: cross-origin-with-credentials
listed = [Middleware(CORSMiddleware, allow_origins=ANY, allow_credentials=True)]  # expect: cross-origin-with-credentials
regex = FastAPI()
regex.add_middleware(CORSMiddleware, allow_origin_regex=".*", allow_credentials=True)  # expect: cross-origin-with-credentials
site = Flask(__name__)
CORS(site, supports_credentials=True)  # expect: cross-origin-with-credentials
CORS(site, origins="*", supports_credentials=True)  # expect: cross-origin-with-credentials


@site.get("/me")
@cross_origin(supports_credentials=True)  # expect: cross-origin-with-credentials
def me():
    return ""


@site.after_request
def reflected(response):
    response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin")  # expect: cross-origin-with-credentials
    return response


safe = FastAPI()
safe.add_middleware(CORSMiddleware, allow_origins=["https://shop.example.com"], allow_credentials=True)
public = FastAPI()
public.add_middleware(CORSMiddleware, allow_origins=["https://a.example.com"], allow_credentials=False)
matched = FastAPI()
matched.add_middleware(CORSMiddleware, allow_origin_regex=r"https://.*\.example\.com", allow_credentials=True)
CORS(site, origins=["https://shop.example.com"], supports_credentials=True)
CORS(site, resources={r"/api/*": {"origins": "https://shop.example.com"}}, supports_credentials=True)


@site.after_request
def fixed(response):
    response.headers["Access-Control-Allow-Origin"] = "https://shop.example.com"
    response.headers["Vary"] = "Origin"
    return response
