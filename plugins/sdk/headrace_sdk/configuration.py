"""Checks a configuration against the properties that declare it: the same check for every entry door."""

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from .types import Property


def problems(properties: Sequence[Property], configuration: Mapping[str, str]) -> list[str]:
    """Return one sentence for each thing that is wrong with `configuration`; none if it is in order."""
    known = {each.name: each for each in properties}
    found = [f"'{name}' is no configuration key of this action type." for name in configuration if name not in known]
    found += [f"{each.name} is required." for each in properties if each.required and not configuration.get(each.name)]
    for name, value in configuration.items():
        if name in known and value and "#{" not in value:  # a variable's value is not known before the action starts
            found += value_problems(known[name], value)
    return found


def value_problems(each: Property, value: str) -> list[str]:
    """Return what is wrong with the value of one property."""
    match each.type:
        case "boolean" if value not in ("true", "false"):
            return [f"{each.name} must be true or false."]
        case "number" | "duration" if not re.fullmatch(r"-?\d{1,18}", value, re.ASCII):
            return [f"{each.name} must be a whole number."]
        case "url" if urlsplit(value).scheme not in ("http", "https"):
            return [f"{each.name} must begin with https:// or http://."]
        case "json" if not _is_json(value):
            return [f"{each.name} must be JSON."]
    if each.choices and value not in each.choices:
        return [f"{each.name} must be one of {', '.join(each.choices)}."]
    if each.pattern and not re.fullmatch(each.pattern, value):
        return [f"{each.name} does not have the form {each.pattern}."]
    return _size_problems(each, value)


def _size_problems(each: Property, value: str) -> list[str]:
    is_number = each.type in ("number", "duration")
    size, unit = (int(value), "") if is_number else (len(value), " characters")
    if each.minimum is not None and size < each.minimum:
        return [f"{each.name} must be at least {each.minimum}{unit}."]
    if each.maximum is not None and size > each.maximum:
        return [f"{each.name} must be at most {each.maximum}{unit}."]
    return []


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True
