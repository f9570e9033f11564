"""flask-restful-swagger-3: as flask-restful-swagger-2."""

from flask_restful import Api, Resource
from flask_restful_swagger_2 import swagger
