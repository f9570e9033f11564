from aiohttp import web
from django.urls import re_path
from django.views.static import serve

app = web.Application()
app.router.add_static("/files", "files", show_index=True)  # expect: directory-listing
app.add_routes([web.static("/more", "more", show_index=True)])  # expect: directory-listing
urlpatterns = [
    re_path("^media/(?P<path>.*)$", serve, {"document_root": "media", "show_indexes": True}),  # expect: directory-listing
    re_path("^other/(?P<path>.*)$", serve, {"document_root": "other"}),
]
app.router.add_static("/static", "static")
app.router.add_static("/quiet", "static", show_index=False)
app.add_routes([web.static("/named", "named", follow_symlinks=False)])
