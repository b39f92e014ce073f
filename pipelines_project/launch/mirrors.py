"""Hands on to uv where pip was told to find packages: uv does not read pip's configuration."""

import os
from collections.abc import Iterator, Mapping
from configparser import ConfigParser, Error
from pathlib import Path

PIP_KEYS = ("index-url", "extra-index-url", "find-links", "cert")
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}
# The lock files name every hash, so it does not matter which index a file comes from.
STRATEGY = {"UV_INDEX_STRATEGY": "unsafe-best-match"}


def pip_files(environ: Mapping[str, str]) -> Iterator[Path]:
    home = Path(environ.get("HOME", "/"))
    yield Path("/etc/pip.conf")
    yield home / ".pip" / "pip.conf"
    yield Path(environ.get("XDG_CONFIG_HOME", home / ".config")) / "pip" / "pip.conf"
    if named := environ.get("PIP_CONFIG_FILE"):
        yield Path(named)


def pip_options(environ: Mapping[str, str]) -> dict[str, str]:
    """Return pip's own options about where packages come from; the environment wins over the files."""
    parser = ConfigParser(interpolation=None)
    try:
        parser.read(pip_files(environ))
    except Error:
        return {}
    found: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            found |= {key: parser[section][key] for key in PIP_KEYS if parser.has_option(section, key)}
    for key in PIP_KEYS:
        if value := environ.get(f"PIP_{key.replace('-', '_').upper()}"):
            found[key] = value
    return found


def uv_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment for uv: as it is where uv is configured, otherwise with pip's sources added."""
    if any(name in environ for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE")):
        return dict(environ)
    options = {key: " ".join(value.split()) for key, value in pip_options(environ).items()}
    added = {UV_NAMES[key]: value for key, value in options.items() if UV_NAMES[key] not in environ}
    if "UV_FIND_LINKS" in added:
        added["UV_FIND_LINKS"] = added["UV_FIND_LINKS"].replace(" ", ",")
    return {**environ, **added, **(STRATEGY if added else {})}
