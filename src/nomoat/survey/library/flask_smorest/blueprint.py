"""flask-smorest: where its blueprints are defined."""

from flask_smorest import Blueprint
