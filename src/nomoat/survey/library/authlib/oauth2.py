"""Authlib: a token in the Authorization header, which validators that were registered look at."""


class OAuth2Error(Exception):
    status_code = 400


class MissingAuthorizationError(OAuth2Error):
    status_code = 401


class ResourceProtector:
    def register_token_validator(self, validator):
        return None

    def parse_request_authorization(self, request):
        token = request.headers.get("Authorization")
        if not token:
            raise MissingAuthorizationError()
        return self, token

    def validate_request(self, scopes, request, **kwargs):
        validator, token = self.parse_request_authorization(request)
        return token
