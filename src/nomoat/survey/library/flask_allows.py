"""Flask-Allows: as Flask-Allows2."""

from flask_allows2 import (
    All, Allows, And, Any, C, ConditionalRequirement, Not, Or, Permission, Requirement, requires,
)
