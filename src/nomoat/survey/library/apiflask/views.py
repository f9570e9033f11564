"""APIFlask: views of classes, which are those of Flask."""

from flask.views import MethodView, View
