"""Flask: what its functions do to a caller."""

from werkzeug.exceptions import abort
