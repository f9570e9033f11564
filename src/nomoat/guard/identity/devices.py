"""What is said of the machine that a caller sits at: headers of a trusted proxy, read as a certificate's are.

What anybody else says is not believed: the attributes are absent, and conditions that read them fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nomoat.errors import NomoatError
from nomoat.guard.clients import Network
from nomoat.guard.identity import origin
from nomoat.policy.inputs import MAX_RECORDED

if TYPE_CHECKING:
    from nomoat.policy.devices import DeviceSettings


class DeviceError(NomoatError):
    """Something is said of a caller's device, by nobody who is believed."""


NOTHING: Mapping[str, str] = {}


def told(scope: Mapping[str, Any], settings: DeviceSettings, trusted: tuple[Network, ...]) -> Mapping[str, str]:
    """Attributes by their bare names (`compliant`). Raises DeviceError: nobody who is believed says it.

    One that is said twice, is no plain text, or longer than a decision records is absent.
    """
    request = scope.get(origin.SCOPE, scope)
    said = {name: origin.headers(request, header) for name, header in settings.headers}
    if not any(said.values()):
        return NOTHING
    why = origin.doubt(scope, trusted, are_underscores_dropped=settings.are_underscores_dropped)
    if why:
        raise DeviceError(f"what is said of a device is not believed: {why}")
    return {name: values[0] for name, values in said.items() if len(values) == 1 and _is_plain(values[0])}


def _is_plain(value: str) -> bool:
    return 0 < len(value) <= MAX_RECORDED and value.isascii() and value.isprintable()
