"""Timestamps and durations as CEL has them: read, written, added, and asked for their parts.

Both are whole numbers of nanoseconds. What has no value (out of range, an unknown time zone) is a ValueError.
Source: google/cel-spec, doc/langdef.md, "Timestamps" and "Durations"; ranges as cel-go has them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: 0001-01-01T00:00:00Z and the nanosecond before the year 10000.
_FIRST = -62_135_596_800 * _SECOND
_LAST = 253_402_300_800 * _SECOND - 1
_LARGEST = 1 << 63
#: Longer texts are no time, duration or time zone.
_LONGEST = 128


class Timestamp(int):
    """A moment: nanoseconds since 1970 in UTC."""

    __slots__ = ()


class Duration(int):
    """A span of time: nanoseconds, 64 bits."""

    __slots__ = ()


_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII
)
_UNITS = {
    "h": 3600 * _SECOND, "m": 60 * _SECOND, "s": _SECOND, "ms": 1_000_000, "us": 1000, "ns": 1
}  # fmt: skip
_DURATION = re.compile(r"[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|m|s|us|ns))+)", re.ASCII)
_PART = re.compile(r"(\d*)(?:\.(\d*))?(h|ms|m|s|us|ns)", re.ASCII)
_OFFSET = re.compile(r"([+-]?)([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
# `localtime`, `posix/...` and `right/...` mean something else on each machine.
_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*", re.ASCII)


@lru_cache(maxsize=256)
def timestamp_of(text: str) -> Timestamp:
    """The moment of RFC 3339 text, at most nine digits after the point."""
    found = _TIMESTAMP.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError("no time as RFC 3339 writes it (2026-11-30T09:00:00Z)")
    year, month, day, hour, minute, second, fraction, sign, hours, minutes = found.groups()
    try:
        at = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        raise ValueError("no such day or time") from None
    nanoseconds = _since_epoch(at) + int((fraction or "").ljust(9, "0"))
    if sign:
        offset = (int(hours) * 60 + int(minutes)) * 60 * _SECOND
        nanoseconds -= offset if sign == "+" else -offset
    return _timestamp(nanoseconds)


def timestamp_of_seconds(seconds: int) -> Timestamp:
    """The moment so many seconds after 1970."""
    return _timestamp(seconds * _SECOND)


def duration_of(text: str) -> Duration:
    """The duration of text like `1h30m`, `-1.5s` or `250ms`; finer than a nanosecond is none."""
    if len(text) > _LONGEST or _DURATION.fullmatch(text) is None:
        raise ValueError('no duration (write "1h30m", "90s" or "250ms")')
    total = 0
    for whole, fraction, unit in _PART.findall(text):
        scaled, rest = divmod(int(fraction or "0") * _UNITS[unit], 10 ** len(fraction))
        if rest:
            raise ValueError("finer than a nanosecond")
        total += int(whole or "0") * _UNITS[unit] + scaled
    return _duration(-total if text.startswith("-") else total)


def text_of_timestamp(value: Timestamp) -> str:
    """RFC 3339 in UTC, with as many digits after the point as there are."""
    seconds, nanoseconds = divmod(value, _SECOND)
    at = _EPOCH + timedelta(seconds=seconds)
    return f"{at.isoformat()[:19]}{_fraction(nanoseconds)}Z"


def text_of_duration(value: Duration) -> str:
    """Seconds: `90s`, `-0.25s`."""
    seconds, nanoseconds = divmod(abs(value), _SECOND)
    return f"{'-' if value < 0 else ''}{seconds}{_fraction(nanoseconds)}s"


def seconds_of_timestamp(value: Timestamp) -> int:
    """Whole seconds since 1970."""
    return value // _SECOND


def later(at: Timestamp, by: Duration) -> Timestamp:
    """The moment a duration later."""
    return _timestamp(int(at) + int(by))


def earlier(at: Timestamp, by: Duration) -> Timestamp:
    """The moment a duration earlier."""
    return _timestamp(int(at) - int(by))


def between(after: Timestamp, before: Timestamp) -> Duration:
    """How long after `before` the moment `after` is."""
    return _duration(int(after) - int(before))


def longer(first: Duration, second: Duration) -> Duration:
    """Both durations together."""
    return _duration(int(first) + int(second))


def shorter(first: Duration, second: Duration) -> Duration:
    """The first duration less the second."""
    return _duration(int(first) - int(second))


@lru_cache(maxsize=256)
def zone_of(text: str) -> tzinfo:
    """The time zone of a name (`Europe/Berlin`, `UTC`) or an offset (`+01:00`)."""
    found = _OFFSET.fullmatch(text)
    if found is not None:
        offset = timedelta(hours=int(found.group(2)), minutes=int(found.group(3)))
        return timezone(-offset if found.group(1) == "-" else offset)
    if text == "UTC":
        return UTC
    if len(text) > _LONGEST or _ZONE.fullmatch(text) is None:
        raise ValueError("no time zone (write Europe/Berlin or +01:00)")
    try:
        return ZoneInfo(text)
    except (OSError, ValueError, LookupError):
        raise ValueError("a time zone that this machine does not know (write Europe/Berlin or +01:00)") from None


def _local(at: Timestamp, zone: str) -> datetime:
    moment = _EPOCH + timedelta(seconds=at // _SECOND)
    try:
        return moment.astimezone(zone_of(zone))
    except OverflowError:
        raise ValueError("out of the years that a time zone can be asked for") from None


def full_year(at: Timestamp, zone: str = "UTC") -> int:
    """The year."""
    return _local(at, zone).year


def month(at: Timestamp, zone: str = "UTC") -> int:
    """The month, January is 0."""
    return _local(at, zone).month - 1


def date(at: Timestamp, zone: str = "UTC") -> int:
    """The day of the month, from 1."""
    return _local(at, zone).day


def day_of_month(at: Timestamp, zone: str = "UTC") -> int:
    """The day of the month, from 0."""
    return _local(at, zone).day - 1


def day_of_week(at: Timestamp, zone: str = "UTC") -> int:
    """The day of the week, Sunday is 0."""
    return _local(at, zone).isoweekday() % 7


def day_of_year(at: Timestamp, zone: str = "UTC") -> int:
    """The day of the year, from 0."""
    return _local(at, zone).timetuple().tm_yday - 1


def hours(at: Timestamp, zone: str = "UTC") -> int:
    """The hour of the day."""
    return _local(at, zone).hour


def minutes(at: Timestamp, zone: str = "UTC") -> int:
    """The minute of the hour."""
    return _local(at, zone).minute


def seconds(at: Timestamp, zone: str = "UTC") -> int:
    """The second of the minute."""
    return _local(at, zone).second


def milliseconds(at: Timestamp, zone: str = "UTC") -> int:
    """The millisecond of the second."""
    zone_of(zone)
    return at % _SECOND // 1_000_000


def duration_hours(value: Duration) -> int:
    """The whole of it in hours, towards zero."""
    return _towards_zero(value, 3600 * _SECOND)


def duration_minutes(value: Duration) -> int:
    """The whole of it in minutes, towards zero."""
    return _towards_zero(value, 60 * _SECOND)


def duration_seconds(value: Duration) -> int:
    """The whole of it in seconds, towards zero."""
    return _towards_zero(value, _SECOND)


def duration_milliseconds(value: Duration) -> int:
    """The milliseconds of its last second, towards zero."""
    part = abs(value) % _SECOND // 1_000_000
    return -part if value < 0 else part


def _towards_zero(value: int, unit: int) -> int:
    return -(-value // unit) if value < 0 else value // unit


def _since_epoch(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * _SECOND


def _fraction(nanoseconds: int) -> str:
    return f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""


def _timestamp(nanoseconds: int) -> Timestamp:
    if not _FIRST <= nanoseconds <= _LAST:
        raise ValueError("out of the years 1 to 9999")
    return Timestamp(nanoseconds)


def _duration(nanoseconds: int) -> Duration:
    if not -_LARGEST <= nanoseconds < _LARGEST:
        raise ValueError("a duration of more than 64 bits of nanoseconds")
    return Duration(nanoseconds)
