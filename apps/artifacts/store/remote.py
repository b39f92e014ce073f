"""Blobs in a bucket of an S3-compatible store. Keys come from where boto3 looks for them: environment, role, files."""

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from apps.artifacts.errors import ArtifactDamaged, StoreFull

from .blobs import BlobReader, checked, new_blob_name

PART_BYTES = 8 * 1024**2
FULL = frozenset({"QuotaExceeded", "StorageFull", "XMinioStorageFull", "InsufficientStorage", "EntityTooLarge"})
GONE = frozenset({"NoSuchKey", "404"})


class S3Store:
    """Keeps blobs in `bucket`, each under `prefix` and its name."""

    def __init__(
        self, bucket: str, prefix: str = "", *, endpoint: str | None = None, region: str | None = None
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        style = {"addressing_style": "path"} if endpoint else {}
        self._client = boto3.session.Session().client(
            "s3", endpoint_url=endpoint, region_name=region, config=Config(signature_version="s3v4", s3=style)
        )

    @classmethod
    def from_address(cls, address: str) -> "S3Store":
        """Read `s3://bucket/prefix?endpoint=URL&region=name`. Raises ValueError."""
        parts = urlsplit(address)
        options = {name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
        unknown = sorted(options.keys() - {"endpoint", "region"})
        if not parts.netloc or unknown:
            raise ValueError(
                f"'{address}' is no s3://bucket/prefix?endpoint=URL&region=name. Check {unknown or 'bucket'}."
            )
        return cls(parts.netloc, parts.path, endpoint=options.get("endpoint"), region=options.get("region"))

    def create(self) -> "S3Writer":
        return S3Writer(self._client, self._bucket, self._prefix, new_blob_name())

    def open_read(self, blob: str, start: int = 0, length: int | None = None) -> BlobReader:
        name = {"Bucket": self._bucket, "Key": self._prefix + checked(blob)}
        if length == 0:
            return BytesIO()
        if start or length is not None:
            last = "" if length is None else start + length - 1
            name["Range"] = f"bytes={start}-{last}"
        try:
            body: BlobReader = self._client.get_object(**name)["Body"]
        except ClientError as error:
            if _code(error) not in GONE:
                raise
            raise ArtifactDamaged("The bytes of this artifact are gone from the store. Run its action again.") from None
        return body

    def delete(self, blob: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=self._prefix + checked(blob))

    def names(self, *, older_than: datetime) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        for page in pages:
            for entry in page.get("Contents", ()):
                if entry["LastModified"] < older_than:
                    yield entry["Key"].removeprefix(self._prefix)

    def sweep_unfinished(self, *, older_than: datetime) -> int:
        removed = 0
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=self._prefix)
        for page in pages:
            for upload in page.get("Uploads", ()):
                if upload["Initiated"] < older_than:
                    self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )
                    removed += 1
        return removed


class S3Writer:
    """Holds one part in memory. A blob of one part is put at once, a longer one as a multipart upload."""

    def __init__(self, client: Any, bucket: str, prefix: str, blob: str) -> None:
        self._client, self._blob = client, blob
        self._name = {"Bucket": bucket, "Key": prefix + blob}
        self._held = bytearray()
        self._upload_id = ""
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self._held += data
        while len(self._held) >= PART_BYTES:
            self._send_part(bytes(self._held[:PART_BYTES]))
            del self._held[:PART_BYTES]

    def commit(self) -> str:
        if not self._parts:
            self._call("put_object", Body=bytes(self._held), **self._name)
            return self._blob
        if self._held:
            self._send_part(bytes(self._held))
        self._call(
            "complete_multipart_upload", UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}, **self._name
        )
        self._upload_id = ""
        return self._blob

    def discard(self) -> None:
        if self._upload_id:
            self._call("abort_multipart_upload", UploadId=self._upload_id, **self._name)
            self._upload_id = ""

    def _send_part(self, data: bytes) -> None:
        if not self._upload_id:
            self._upload_id = self._call("create_multipart_upload", **self._name)["UploadId"]
        number = len(self._parts) + 1
        answer = self._call("upload_part", UploadId=self._upload_id, PartNumber=number, Body=data, **self._name)
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(**arguments)
        except ClientError as error:
            if _code(error) not in FULL:
                raise
            raise StoreFull("The artifact store is full; nothing of this file was kept.") from error


def _code(error: ClientError) -> str:
    return str(error.response["Error"].get("Code", ""))
