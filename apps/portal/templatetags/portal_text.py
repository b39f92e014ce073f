"""How pages write durations and short ids."""

import re
from datetime import datetime, timedelta

from django import template
from django.utils.translation import gettext as _

from apps.core import clock

register = template.Library()
PRINCIPAL = re.compile(r"arn:[\w-]+:(?:iam|sts)::\d*:[\w-]+(?:/[\w+=,.@-]+)+")


@register.filter
def duration(started_at: datetime | None, ended_at: datetime | None = None) -> str:
    """Return how long something took, or has taken so far, in its two largest units."""
    if started_at is None:
        return ""
    return say_duration((ended_at or clock.database_now()) - started_at)


def say_duration(length: timedelta) -> str:
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return _("%(seconds)d s") % {"seconds": seconds}
    if seconds < 3600:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": seconds // 60, "seconds": seconds % 60}
    if seconds < 86_400:
        return _("%(hours)d h %(minutes)d min") % {"hours": seconds // 3600, "minutes": seconds % 3600 // 60}
    return _("%(days)d d %(hours)d h") % {"days": seconds // 86_400, "hours": seconds % 86_400 // 3600}


@register.filter
def short_id(value: object) -> str:
    return str(value)[:8]


@register.filter
def person(arn: str) -> str:
    """Return the name in a principal's ARN: what people call each other."""
    return arn.rsplit("/", 1)[-1]


def in_people(text: str) -> str:
    """Return a text with the names of people in the place of their ARNs."""
    return PRINCIPAL.sub(lambda found: person(found.group()), text)
