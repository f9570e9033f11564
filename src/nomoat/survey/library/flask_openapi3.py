"""flask-openapi3: Flask, with what is taken and given said by types."""

from flask import Blueprint, Flask


class OpenAPI(Flask):
    def register_api(self, api, **options):
        self.register_blueprint(api, **options)


class APIBlueprint(Blueprint):
    def register_api(self, api):
        self.register_blueprint(api)
