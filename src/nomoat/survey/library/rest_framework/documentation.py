"""Django REST framework: pages about an interface."""

from rest_framework.schemas import SchemaView
from django.urls import path


def include_docs_urls(permission_classes=None, **kwargs):
    given = {} if permission_classes is None else {"permission_classes": permission_classes}
    return [path("", SchemaView.as_view(**given)), path("schema.js", SchemaView.as_view(**given))]
