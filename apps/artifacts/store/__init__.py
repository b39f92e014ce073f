"""Where bytes are kept: a folder, or a bucket of any S3-compatible store. Chosen by HEADRACE_ARTIFACT_STORE."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from .blobs import BlobReader, BlobStore, BlobWriter
from .folder import FolderStore

__all__ = ["BlobReader", "BlobStore", "BlobWriter", "FolderStore", "current_store", "store_at"]


def current_store() -> BlobStore:
    """Return the store that the settings name."""
    return store_at(settings.ARTIFACT_STORE, Path(settings.DATA_DIR) / "artifacts")


@lru_cache(maxsize=8)
def store_at(address: str, folder: Path) -> BlobStore:
    """Return the store of an address.

    Shapes: `folder`, or `s3://bucket/prefix?endpoint=https://host:port&region=name`; the keys of the latter come from
    where boto3 looks for them. Raises: ValueError for any other address.
    """
    if address == "folder":
        return FolderStore(folder)
    if address.startswith("s3://"):
        from .remote import S3Store  # boto3 takes 20 MB of each process, and most deployments use the folder

        return S3Store.from_address(address)
    raise ValueError(f"HEADRACE_ARTIFACT_STORE is '{address}'. Set it to folder or s3://bucket/prefix?endpoint=URL.")
