import os

import uvicorn
from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

app = FastAPI()
app.add_middleware(ProxyHeadersMiddleware, trusted_hosts="*")  # expect: forwarded-by-anybody
wrapped = ProxyHeadersMiddleware(app, trusted_hosts=["*"])  # expect: forwarded-by-anybody
other = FastAPI()
other.add_middleware(ProxyHeadersMiddleware, trusted_hosts=["10.0.0.5"])
known = ProxyHeadersMiddleware(other, trusted_hosts=os.environ["PROXY"])


def serve():
    uvicorn.run(app, proxy_headers=True, forwarded_allow_ips="*")  # expect: forwarded-by-anybody
    uvicorn.run(app, proxy_headers=True, forwarded_allow_ips="10.0.0.5")
    uvicorn.run(app, proxy_headers=True)
