"""A real full disk: a tiny file system under the store of a running server."""

import os
import subprocess

import pytest
from botocore.exceptions import ClientError

from .running import BUCKET, prepare, running

MIB = 1024**2


@pytest.fixture
def tiny(tmp_path):
    """A folder whose `artifacts` is a file system of 6 MiB."""
    (tmp_path / "artifacts").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(tmp_path / "artifacts")]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a tiny file system")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path / "artifacts")], check=True)


def test_a_full_store_is_told_clearly_loses_nothing_and_recovers_by_itself(tiny):
    with running("uvicorn", tiny, prepare(tiny)) as server:
        s3 = server.client()
        s3.put_object(Bucket=BUCKET, Key="first", Body=b"1" * 4 * MIB)
        for call in (
            lambda: s3.put_object(Bucket=BUCKET, Key="second", Body=b"2" * 4 * MIB),
            lambda: s3.put_object(Bucket=BUCKET, Key="first", Body=b"3" * 4 * MIB),
        ):
            with pytest.raises(ClientError) as caught:
                call()
            error = caught.value.response
            assert error["ResponseMetadata"]["HTTPStatusCode"] == 503
            assert error["Error"]["Code"] == "ServiceUnavailable"
            assert "artifact store is full" in error["Error"]["Message"]
        assert len(server.files()) == 1
        found = s3.get_object(Bucket=BUCKET, Key="first")
        assert found["Body"].read() == b"1" * 4 * MIB
        s3.delete_object(Bucket=BUCKET, Key="first", VersionId=found["VersionId"])
        s3.put_object(Bucket=BUCKET, Key="second", Body=b"2" * 4 * MIB)
        assert s3.get_object(Bucket=BUCKET, Key="second")["Body"].read() == b"2" * 4 * MIB
