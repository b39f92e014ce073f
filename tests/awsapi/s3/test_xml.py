import pytest

from apps.artifacts.services import PartNamed
from apps.awsapi.s3.errors import S3Error
from apps.awsapi.s3.xml import document, read_parts

NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
PART = "<Part><PartNumber>1</PartNumber><ETag>&quot;abc&quot;</ETag></Part>"


def parts(inner: str, *, namespace: str = NAMESPACE, head: str = "") -> list[PartNamed]:
    return read_parts(f"{head}<CompleteMultipartUpload{namespace}>{inner}</CompleteMultipartUpload>".encode())


@pytest.mark.parametrize("namespace", ["", NAMESPACE])
def test_parts_are_read_with_and_without_a_namespace(namespace):
    assert parts(PART, namespace=namespace) == [PartNamed(1, "abc")]


def test_a_part_may_carry_its_checksum_and_white_space():
    inner = "\n <Part>\n<ETag>abc</ETag> <ChecksumCRC32>NhCmhg==</ChecksumCRC32><PartNumber>10000</PartNumber></Part>\n"
    assert parts(inner) == [PartNamed(10000, "abc", "NhCmhg==")]


BOMB = "<!DOCTYPE c [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>"


@pytest.mark.parametrize(
    "call",
    [
        lambda: read_parts(b""),
        lambda: read_parts(b"{}"),
        lambda: read_parts(b"<Other/>"),
        lambda: parts("<Part>"),
        lambda: parts("<Part><ETag>abc</ETag></Part>"),
        lambda: parts("<Part><PartNumber>one</PartNumber><ETag>abc</ETag></Part>"),
        lambda: parts(f"<Part><PartNumber>{'9' * 5000}</PartNumber><ETag>abc</ETag></Part>"),
        lambda: parts("<Part>" * 10_000 + "</Part>" * 10_000),
        lambda: parts(PART, head=BOMB),
        lambda: parts("&b;", head=BOMB),
        lambda: read_parts(b"\xff\xfe\x00"),
    ],
)
def test_a_document_that_is_no_list_of_parts_is_refused(call):
    with pytest.raises(S3Error) as caught:
        call()
    assert caught.value.code == "MalformedXML"


def test_what_is_written_is_escaped():
    written = document("Error", [("Key", "<a>&\x01"), ("Inner", [("Number", 1)])], namespace=False)
    assert written.endswith("<Error><Key>&lt;a&gt;&amp;\ufffd</Key><Inner><Number>1</Number></Inner></Error>".encode())
