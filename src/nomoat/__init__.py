"""nomoat: the map of an application, the policy it is held to, and the journal of what happened."""

__version__ = "0.1.0"
