"""The shop: `uvicorn shop.main:app`."""

from fastapi import FastAPI

from nomoat.guard import protect
from shop import admin, auth, catalog, customers, orders

app = FastAPI(title="shop", docs_url=None, redoc_url=None, openapi_url=None)
app.include_router(auth.router)
app.include_router(catalog.router)
app.include_router(orders.router)
app.include_router(customers.router)
app.include_router(admin.router)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


protect(app, service="shop", mode="enforce")
