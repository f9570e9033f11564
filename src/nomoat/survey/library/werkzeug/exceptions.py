"""Werkzeug: exceptions with a status, each a class of its own."""

from nomoat.survey import status_number
from werkzeug.wrappers import Response


class HTTPException(Exception):
    code = None
    description = None

    def __init__(self, description=None, response=None):
        if description is not None:
            self.description = description
        self.response = response

    def get_response(self, *args, **kwargs):
        return self.response or Response(status=self.code)


class BadRequest(HTTPException):
    code = 400


class BadRequestKeyError(BadRequest, KeyError):
    pass


class ClientDisconnected(BadRequest):
    pass


class SecurityError(BadRequest):
    pass


class Unauthorized(HTTPException):
    code = 401

    def __init__(self, description=None, response=None, www_authenticate=None):
        HTTPException.__init__(self, description, response)


class Forbidden(HTTPException):
    code = 403


class NotFound(HTTPException):
    code = 404


class MethodNotAllowed(HTTPException):
    code = 405

    def __init__(self, valid_methods=None, description=None, response=None):
        HTTPException.__init__(self, description, response)


class NotAcceptable(HTTPException):
    code = 406


class RequestTimeout(HTTPException):
    code = 408


class Conflict(HTTPException):
    code = 409


class Gone(HTTPException):
    code = 410


class LengthRequired(HTTPException):
    code = 411


class PreconditionFailed(HTTPException):
    code = 412


class RequestEntityTooLarge(HTTPException):
    code = 413


class RequestURITooLarge(HTTPException):
    code = 414


class UnsupportedMediaType(HTTPException):
    code = 415


class UnprocessableEntity(HTTPException):
    code = 422


class Locked(HTTPException):
    code = 423


class PreconditionRequired(HTTPException):
    code = 428


class TooManyRequests(HTTPException):
    code = 429


class InternalServerError(HTTPException):
    code = 500


class NotImplemented(HTTPException):
    code = 501


class BadGateway(HTTPException):
    code = 502


class ServiceUnavailable(HTTPException):
    code = 503


class GatewayTimeout(HTTPException):
    code = 504


_BY_CODE = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    406: NotAcceptable,
    408: RequestTimeout,
    409: Conflict,
    410: Gone,
    411: LengthRequired,
    412: PreconditionFailed,
    413: RequestEntityTooLarge,
    414: RequestURITooLarge,
    415: UnsupportedMediaType,
    422: UnprocessableEntity,
    423: Locked,
    428: PreconditionRequired,
    429: TooManyRequests,
    500: InternalServerError,
    501: NotImplemented,
    502: BadGateway,
    503: ServiceUnavailable,
    504: GatewayTimeout,
}


class _Aborted(HTTPException):
    """What `abort` raises of a code that is not known, or of an answer that is handed over."""

    def __init__(self, code, description=None, response=None):
        HTTPException.__init__(self, description, response or code)
        self.code = code


def abort(status, *args, **kwargs):
    code = status_number(status)
    raise _BY_CODE[code](*args, **kwargs) if code in _BY_CODE else _Aborted(status, *args, **kwargs)
