"""boto3's transfer manager against a running server: files below and above 8 MiB."""

import os

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from .running import BUCKET

MIB = 1024**2


def write(path, size: int):
    path.write_bytes(os.urandom(size))
    return path


@pytest.mark.parametrize("size", [0, 1, 8 * MIB - 1, 8 * MIB, 20 * MIB + 17])
def test_a_file_goes_up_and_comes_down(s3, key, tmp_path, size):
    sent = write(tmp_path / "sent", size)
    s3.upload_file(str(sent), BUCKET, key)
    s3.download_file(BUCKET, key, str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == sent.read_bytes()


def test_a_file_in_parts_has_a_tag_and_a_checksum_of_its_parts(s3, key, tmp_path):
    s3.upload_file(str(write(tmp_path / "sent", 17 * MIB)), BUCKET, key)
    head = s3.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    assert head["ETag"].endswith('-3"')
    assert head["ChecksumCRC32"].endswith("-3")
    assert head["ChecksumType"] == "COMPOSITE"


def test_encryption_and_metadata_pass_through_parts(s3, key, tmp_path):
    more = {"ServerSideEncryption": "aws:kms", "Metadata": {"by": "me"}, "ContentType": "application/zip"}
    s3.upload_file(str(write(tmp_path / "sent", 9 * MIB)), BUCKET, key, ExtraArgs=more)
    head = s3.head_object(Bucket=BUCKET, Key=key)
    assert (head["ServerSideEncryption"], head["ContentType"]) == ("aws:kms", "application/zip")
    assert {name.lower(): value for name, value in head["Metadata"].items()} == {"by": "me"}


def test_a_job_sends_and_fetches_its_artifacts(server, tmp_path):
    sent = write(tmp_path / "sent", 12 * MIB)
    server.client().upload_file(str(sent), BUCKET, "web/source/in.zip")
    job = server.client("job")
    job.download_file(BUCKET, "web/source/in.zip", str(tmp_path / "in"))
    assert (tmp_path / "in").read_bytes() == sent.read_bytes()
    job.upload_file(str(tmp_path / "in"), BUCKET, "web/build/out.zip")
    assert server.client().head_object(Bucket=BUCKET, Key="web/build/out.zip")["ContentLength"] == 12 * MIB


def test_parts_without_checksums_are_joined(server, key, tmp_path):
    s3 = server.client(request_checksum_calculation="when_required", response_checksum_validation="when_required")
    sent = write(tmp_path / "sent", 10 * MIB)
    s3.upload_file(str(sent), BUCKET, key, Config=TransferConfig(multipart_chunksize=5 * MIB))
    s3.download_file(BUCKET, key, str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == sent.read_bytes()


def test_parts_arrive_in_any_order_and_completing_twice_is_fine(s3, key):
    name = {"Bucket": BUCKET, "Key": key}
    upload = {**name, "UploadId": s3.create_multipart_upload(**name, ChecksumAlgorithm="SHA256")["UploadId"]}
    parts = {}
    for number, data in ((2, b"end"), (1, b"a" * 5 * MIB)):
        sent = s3.upload_part(**upload, PartNumber=number, Body=data, ChecksumAlgorithm="SHA256")
        parts[number] = {"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": sent["ChecksumSHA256"]}
    wanted = {"Parts": [parts[1], parts[2]]}
    first = s3.complete_multipart_upload(**upload, MultipartUpload=wanted)
    again = s3.complete_multipart_upload(**upload, MultipartUpload=wanted)
    assert first["ETag"] == again["ETag"]
    assert first["VersionId"] == again["VersionId"]
    assert s3.get_object(**name)["Body"].read() == b"a" * 5 * MIB + b"end"


def test_a_checksum_of_the_whole_is_checked(s3, key):
    name = {"Bucket": BUCKET, "Key": key}
    begun = s3.create_multipart_upload(**name, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    upload = {**name, "UploadId": begun["UploadId"]}
    sent = s3.upload_part(**upload, PartNumber=1, Body=b"hello", ChecksumAlgorithm="CRC32")
    wanted = {"Parts": [{"PartNumber": 1, "ETag": sent["ETag"]}]}
    with pytest.raises(ClientError, match="BadDigest"):
        s3.complete_multipart_upload(
            **upload, MultipartUpload=wanted, ChecksumCRC32="AAAAAA==", ChecksumType="FULL_OBJECT"
        )
    done = s3.complete_multipart_upload(
        **upload, MultipartUpload=wanted, ChecksumCRC32="NhCmhg==", ChecksumType="FULL_OBJECT", MpuObjectSize=5
    )
    assert (done["ChecksumCRC32"], done["ChecksumType"]) == ("NhCmhg==", "FULL_OBJECT")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([{"PartNumber": 1, "ETag": '"00"'}], "InvalidPart"),
        ([{"PartNumber": 9, "ETag": '"00"'}], "InvalidPart"),
        ([{"PartNumber": 2, "ETag": "x"}, {"PartNumber": 1, "ETag": "x"}], "InvalidPartOrder"),
        ([], "InvalidPart"),
    ],
)
def test_a_wrong_list_of_parts_is_refused(s3, key, parts, code):
    name = {"Bucket": BUCKET, "Key": key}
    upload = {**name, "UploadId": s3.create_multipart_upload(**name)["UploadId"]}
    s3.upload_part(**upload, PartNumber=1, Body=b"hello")
    with pytest.raises(ClientError, match=f"\\({code}\\)"):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def test_an_aborted_upload_is_gone_with_its_bytes(server, s3, key):
    name, before = {"Bucket": BUCKET, "Key": key}, server.files()
    upload = {**name, "UploadId": s3.create_multipart_upload(**name)["UploadId"]}
    s3.upload_part(**upload, PartNumber=1, Body=b"hello")
    s3.abort_multipart_upload(**upload)
    assert server.files() == before
    for call, more in ((s3.upload_part, {"PartNumber": 1, "Body": b"late"}), (s3.abort_multipart_upload, {})):
        with pytest.raises(ClientError, match="NoSuchUpload"):
            call(**upload, **more)


def test_an_upload_of_another_account_is_not_found(server, s3, key):
    name = {"Bucket": BUCKET, "Key": key}
    upload = {**name, "UploadId": s3.create_multipart_upload(**name)["UploadId"]}
    with pytest.raises(ClientError, match="NoSuchUpload"):
        server.client("stranger").upload_part(**upload, PartNumber=1, Body=b"theirs")
    with pytest.raises(ClientError, match="NoSuchUpload"):
        server.client("stranger").abort_multipart_upload(**upload)
    s3.upload_part(**upload, PartNumber=1, Body=b"ours")
