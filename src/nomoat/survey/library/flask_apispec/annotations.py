"""flask-apispec: where its decorators are defined."""

from flask_apispec import doc, marshal_with, use_kwargs
