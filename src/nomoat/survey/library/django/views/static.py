"""Django: files of a folder."""

from django.http import FileResponse


def serve(request, path, document_root=None, show_indexes=False):
    return FileResponse(path)
