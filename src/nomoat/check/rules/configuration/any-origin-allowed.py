import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from flask import Flask, jsonify
from flask_cors import CORS

ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
CORS_ALLOW_ALL_ORIGINS = True  # expect: any-origin-allowed

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"])  # expect: any-origin-allowed
site = Flask(__name__)
CORS(site)  # expect: any-origin-allowed


def answer(response):
    response.headers["Access-Control-Allow-Origin"] = "*"  # expect: any-origin-allowed
    return response


def answer_too():
    return jsonify(), 200, {"Access-Control-Allow-Origin": "*"}  # expect: any-origin-allowed


safe = FastAPI()
safe.add_middleware(CORSMiddleware, allow_origins=["https://shop.example.com"])
read = FastAPI()
read.add_middleware(CORSMiddleware, allow_origins=os.environ["ORIGINS"].split(","))
CORS(site, origins=["https://shop.example.com"])
CORS(site, resources={"/public/*": {"origins": "https://shop.example.com"}})


def fixed(response):
    response.headers["Access-Control-Allow-Origin"] = "https://shop.example.com"
    response.headers["Access-Control-Allow-Methods"] = "*"
    return response
