"""Names of time zones: Region/City, abbreviations, and UTC with an offset."""

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

OFFSET = re.compile(r"(?:UTC|GMT)([+-])(\d{1,2})(?::?([0-5]\d))?", re.ASCII)
LARGEST_OFFSET = timedelta(hours=18)
# Abbreviations stand for several zones; these are the ones that java.time.ZoneId.SHORT_IDS takes them for.
ABBREVIATIONS = {
    "ACT": "Australia/Darwin",
    "AET": "Australia/Sydney",
    "AGT": "America/Argentina/Buenos_Aires",
    "ART": "Africa/Cairo",
    "AST": "America/Anchorage",
    "BET": "America/Sao_Paulo",
    "BST": "Asia/Dhaka",
    "CAT": "Africa/Harare",
    "CNT": "America/St_Johns",
    "CST": "America/Chicago",
    "CTT": "Asia/Shanghai",
    "EAT": "Africa/Addis_Ababa",
    "ECT": "Europe/Paris",
    "EST": "UTC-05:00",
    "HST": "UTC-10:00",
    "IET": "America/Indiana/Indianapolis",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "MIT": "Pacific/Apia",
    "MST": "UTC-07:00",
    "NET": "Asia/Yerevan",
    "NST": "Pacific/Auckland",
    "PLT": "Asia/Karachi",
    "PNT": "America/Phoenix",
    "PRT": "America/Puerto_Rico",
    "PST": "America/Los_Angeles",
    "SST": "Pacific/Guadalcanal",
    "VST": "Asia/Ho_Chi_Minh",
}


class UnknownZone(Exception):
    """No time zone has this name; the text says how to write one."""


def zone_of(name: str) -> tzinfo:
    """Return the time zone; UTC for no name. Raises UnknownZone."""
    name = ABBREVIATIONS.get(name, name)
    if name in ("", "UTC", "GMT", "Z"):
        return UTC
    if found := OFFSET.fullmatch(name):
        return _offset(*found.groups(default="0"), name=name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _unknown(name) from None


def _offset(sign: str, hours: str, minutes: str, *, name: str) -> tzinfo:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > LARGEST_OFFSET:
        raise _unknown(name)
    return timezone(-offset if sign == "-" else offset, name)


def _unknown(name: str) -> UnknownZone:
    return UnknownZone(
        f"TimeZone '{name}' is not known. Write Region/City such as Europe/Berlin, an abbreviation such as PST, or "
        "UTC+HH:MM."
    )
