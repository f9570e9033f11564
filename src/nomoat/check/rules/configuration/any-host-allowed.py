import os

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
ALLOWED_HOSTS = ["*"]  # expect: any-host-allowed

app = FastAPI()
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["*"])  # expect: any-host-allowed

other = FastAPI()
other.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example.com", "*.example.com"])
another = FastAPI()
another.add_middleware(TrustedHostMiddleware, allowed_hosts=os.environ["HOSTS"].split(","))
