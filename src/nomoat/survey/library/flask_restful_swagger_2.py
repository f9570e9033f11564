"""flask-restful-swagger-2: Flask-RESTful with pages that describe it."""

from flask_restful import Api, Resource
