"""Puts a blob into the folder store under the shim, and into the record that it is kept.

Run: python -m tests.reliability.disk.keeper FOLDER RECORD BLOB
"""

import sys
from pathlib import Path

from apps.artifacts.store.folder import FolderStore, FolderWriter
from tests.reliability.disk.record import Teller


def main(folder: str, record: str, blob: str) -> None:
    store = Path(folder) / "artifacts"
    FolderStore(store).create().discard()  # which makes the folder for what is on its way, as any writer does
    writer = FolderWriter(blob, store / "incoming" / blob[6:], store / "blobs")
    writer.write(blob.encode() * 1000)
    writer.commit()
    Teller(Path(record)).tell(blob)


if __name__ == "__main__":
    main(*sys.argv[1:])
