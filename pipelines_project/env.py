"""Reads settings from environment variables and refuses what it cannot read.

Each variable is listed in docs/settings.md. A secret `NAME` may also be given as `NAME_FILE`, a file that holds it.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


class SettingError(Exception):
    """An environment variable holds something that cannot be used. The message names it and the way out."""


TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


def text(name: str, default: str = "", *, choices: Sequence[str] = ()) -> str:
    value = os.environ.get(name, default)
    if choices and value not in choices:
        raise SettingError(f"{name} is '{value}'. Set it to one of: {', '.join(choices)}.")
    return value


def boolean(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in TRUE or value in FALSE:
        return value in TRUE
    raise SettingError(f"{name} is '{value}'. Set it to 1 or 0.")


def integer(name: str, *, default: int, minimum: int = 0) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise SettingError(f"{name} is '{value}'. Set it to a whole number.") from None
    if number < minimum:
        raise SettingError(f"{name} is {number}. Set it to {minimum} or more.")
    return number


def seconds(name: str, *, default: float, minimum: float = 0.0) -> float:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        raise SettingError(f"{name} is '{value}'. Set it to a number of seconds.") from None
    if not minimum <= number < float("inf"):
        raise SettingError(f"{name} is {value}. Set it to {minimum} seconds or more.")
    return number


def words(name: str, *, default: Sequence[str] = ()) -> list[str]:
    """Read a list whose items are separated by commas."""
    value = os.environ.get(name)
    if value is None:
        return list(default)
    return [item.strip() for item in value.split(",") if item.strip()]


def path(name: str, *, default: Path) -> Path:
    value = os.environ.get(name, "")
    return Path(value).expanduser().resolve() if value else default


def secret(name: str, *, fallback: Path) -> str:
    """Read a secret from NAME, from the file that NAME_FILE names, or from the file `fallback`.

    Raises: SettingError when none of the three is there, or the file is empty.
    """
    if value := os.environ.get(name):
        return value
    named = os.environ.get(f"{name}_FILE")
    file = Path(named) if named else fallback
    try:
        value = file.read_text().strip()
    except OSError as error:
        raise SettingError(
            f"{name} is not set and {file} cannot be read ({error.strerror}). "
            f"Run `make run` once, or set {name} or {name}_FILE."
        ) from None
    if not value:
        raise SettingError(f"{name} is not set and {file} is empty. Put the secret into it, or set {name}.")
    return value


def optional_secret(name: str) -> str:
    """Read a secret from NAME or from the file that NAME_FILE names; empty when neither is set."""
    if name in os.environ or f"{name}_FILE" not in os.environ:
        return os.environ.get(name, "")
    return secret(name, fallback=Path(os.environ[f"{name}_FILE"]))


DATABASE_ENGINES = {"postgres": "postgresql", "postgresql": "postgresql", "sqlite": "sqlite3"}


def database(name: str, *, default_file: Path) -> dict:
    """Read a database address, `postgresql://user:password@host:port/name`; empty means SQLite in `default_file`."""
    value = os.environ.get(name, "")
    if not value:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(default_file)}
    parts = urlsplit(value)
    engine = DATABASE_ENGINES.get(parts.scheme)
    if engine is None:
        raise SettingError(f"{name} starts with '{parts.scheme}:'. Use postgresql://… or leave it empty for SQLite.")
    if engine == "sqlite3":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": unquote(parts.path)}
    options = dict(parse_qsl(parts.query))
    try:
        port = parts.port or ""
    except ValueError:
        raise SettingError(f"{name} names a port that is none. Use a number up to 65535.") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(port),
        "OPTIONS": options,
    }
