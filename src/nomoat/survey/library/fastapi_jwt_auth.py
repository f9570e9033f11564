"""FastAPI-JWT-Auth: a token of the Authorization header or a cookie, asked for inside of what answers."""

from fastapi import Depends, HTTPException
from fastapi.security import APIKeyHeader


class AuthJWT:
    def __init__(self, token=Depends(APIKeyHeader(name="authorization", auto_error=False))):
        self._token = token

    @staticmethod
    def load_config(settings):
        return settings

    @staticmethod
    def token_in_denylist_loader(callback):
        return callback

    def jwt_required(self, auth_from="request", token=None, websocket=None, csrf_token=None):
        if (token or self._token) is None:
            raise HTTPException(401)

    def jwt_optional(self, auth_from="request", token=None, websocket=None, csrf_token=None):
        return None

    def jwt_refresh_token_required(self, auth_from="request", token=None, websocket=None, csrf_token=None):
        if (token or self._token) is None:
            raise HTTPException(401)

    def fresh_jwt_required(self, auth_from="request", token=None, websocket=None, csrf_token=None):
        if (token or self._token) is None:
            raise HTTPException(401)

    def get_jwt_subject(self):
        return self._token

    def get_raw_jwt(self, encoded_token=None):
        return encoded_token or self._token

    def create_access_token(self, subject, **more):
        return "token"

    def create_refresh_token(self, subject, **more):
        return "token"
