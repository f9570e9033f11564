"""What Flask-Login is set to where an application does not say otherwise."""

EXEMPT_METHODS = {"OPTIONS"}
LOGIN_MESSAGE_CATEGORY = "message"
ID_ATTRIBUTE = "get_id"
AUTH_HEADER_NAME = "Authorization"
COOKIE_NAME = "remember_token"
