"""Makes the secret key and the master key once, for nobody else to read."""

import os
import secrets
from pathlib import Path

FILES = {"HEADRACE_SECRET_KEY": "secret_key", "HEADRACE_MASTER_KEY": "master_key"}
KEY_BYTES = 48


def ensure_keys(data: Path) -> None:
    """Make the data directory (mode 0700) and each key (mode 0600) that neither it nor the environment holds."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.chmod(0o700)
    for variable, name in FILES.items():
        if not (os.environ.get(variable) or os.environ.get(f"{variable}_FILE") or (data / name).exists()):
            write_once(data / name, secrets.token_urlsafe(KEY_BYTES))


def write_once(file: Path, content: str) -> None:
    """Write `file` whole or not at all; what another process wrote meanwhile stays."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "w") as stream:
            stream.write(content + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            return
    finally:
        draft.unlink()
