"""Where the bytes lie: objects with their versions, and uploads that come in parts.

A bucket is a name inside an account, so two accounts may use the same one and never meet.
"""

from django.db import models

from apps.tenancy.models import Account, ForAccount


class StoredObject(models.Model):
    """One version of one object. It is never changed, except that a newer version takes `is_latest` from it.

    Shapes: `sha256` is hex; `etag` is hex without quotes, with `-N` behind it when it came in N parts; `checksum` is
    base64, with `-N` when it is composed of those of N parts; `headers` are response headers that the writer asked for,
    `metadata` the `x-amz-meta-` ones without that prefix; `blob` is the name that the store gave to the bytes.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    bucket = models.CharField(max_length=63)
    key = models.CharField(max_length=1024)
    version_id = models.CharField(max_length=32)
    is_latest = models.BooleanField(default=True)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    etag = models.CharField(max_length=40)
    content_type = models.CharField(max_length=255)
    metadata = models.JSONField(default=dict, blank=True)
    headers = models.JSONField(default=dict, blank=True)
    checksum_algorithm = models.CharField(max_length=10, blank=True)
    checksum = models.CharField(max_length=60, blank=True)
    blob = models.CharField(max_length=100, unique=True)
    created_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["account", "bucket", "key", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "bucket", "key"], condition=models.Q(is_latest=True), name="one_latest_version"
            ),
            models.UniqueConstraint(fields=["account", "bucket", "key", "version_id"], name="one_object_a_version"),
        ]

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}"


class MultipartUpload(models.Model):
    """An object on its way, in parts.

    A completed one stays for a while with the version that it became, so that completing it again answers the same.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    upload_id = models.CharField(max_length=32, unique=True)
    bucket = models.CharField(max_length=63)
    key = models.CharField(max_length=1024)
    content_type = models.CharField(max_length=255)
    metadata = models.JSONField(default=dict, blank=True)
    headers = models.JSONField(default=dict, blank=True)
    checksum_algorithm = models.CharField(max_length=10, blank=True)
    is_checksum_of_whole = models.BooleanField(default=False)
    completed_version_id = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["created_at"]
        indexes = [models.Index(fields=["created_at"], name="uploads_by_age")]

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key} in parts"


class UploadPart(models.Model):
    """A part of an upload. A part that is sent again takes the place of the one before it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    upload = models.ForeignKey(MultipartUpload, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveSmallIntegerField()
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    etag = models.CharField(max_length=40)
    checksum = models.CharField(max_length=60, blank=True)
    blob = models.CharField(max_length=100, unique=True)
    created_at = models.DateTimeField()

    objects = ForAccount.as_manager()

    class Meta:
        ordering = ["upload", "number"]
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="one_part_a_number")]

    def __str__(self) -> str:
        return f"part {self.number} of {self.upload_id}"
