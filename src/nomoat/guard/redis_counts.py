"""Counts requests of all workers together, in Redis: one script there, by its clock, so that nothing is raced."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, cast

from nomoat.errors import SettingsError

#: A request waits no longer than this for a count; then its worker counts for itself.
TIMEOUT_S = 0.1
_PREFIX = "nomoat:limit:"

# Microseconds throughout: whole numbers are exact in Lua up to 2^53.
_SCRIPT = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local every, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local whole = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local waits = whole - now - every * (most - 1)
if waits > 0 then return waits end
local expires = math.ceil((whole + every - now) / 1000)
redis.call('SET', KEYS[1], string.format('%.0f', whole + every), 'PX', expires)
return 0
"""


class RedisCounts:
    """Counts in a Redis server. Safe between threads; each process opens its own connections."""

    def __init__(self, url: str) -> None:
        """Raises SettingsError: the package `redis` is not installed, or the address is none."""
        try:
            import redis
        except ImportError:
            raise SettingsError(
                "limits are shared in Redis, and its client is not installed",
                where="limits.shared",
                fix="pip install 'nomoat[redis]'",
            ) from None
        self._failures = (redis.RedisError,)
        try:
            self._client = redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
        except ValueError:
            raise SettingsError(
                "the address of Redis cannot be read", where="limits.shared", fix="redis://HOST:6379/0, or rediss://"
            ) from None
        self._script: Any = self._client.register_script(_SCRIPT)

    def take(self, key: str, *, every_s: float, at_most: int) -> float:
        """Counts one request. Raises OSError where the server does not answer."""
        # Whose requests these are is nobody's business there.
        name = _PREFIX + sha256(key.encode("utf-8", "replace")).hexdigest()
        try:
            waits_us = self._script(keys=[name], args=[max(1, round(every_s * 1e6)), at_most])
        except self._failures as error:
            raise OSError(f"{type(error).__name__}: {error}") from error
        return cast(int, waits_us) / 1e6

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()
