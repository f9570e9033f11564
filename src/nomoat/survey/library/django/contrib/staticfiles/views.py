"""Django: files, served while developing only."""

from django.http import FileResponse


def serve(request, path, insecure=False, **kwargs):
    return FileResponse(path)
