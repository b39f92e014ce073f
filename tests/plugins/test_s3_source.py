import io
import zipfile

import pytest

from headrace_sdk import Failed, HostRefused
from headrace_sdk.testing import MemoryArtifacts, MemoryObjects, ProviderContract, make_request, run_action
from plugins.s3_source.plugin import S3Source

CONFIGURATION = {"S3Bucket": "sources", "S3ObjectKey": "web/site.zip"}


def zipped(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("index.html", text)
    return buffer.getvalue()


class TestContract(ProviderContract):
    provider = S3Source()
    configuration = CONFIGURATION

    def request_fields(self, folder):
        objects = MemoryObjects(folder)
        objects.put("sources", "web/site.zip", zipped("hello"))
        return {"objects": objects}


@pytest.fixture
def objects(tmp_path) -> MemoryObjects:
    return MemoryObjects(tmp_path)


def request_for(tmp_path, objects, **overrides):
    artifacts = MemoryArtifacts(tmp_path)
    artifacts.add_output("Source")
    fields = {"objects": objects, "revision_overrides": overrides}
    return artifacts, make_request(tmp_path, CONFIGURATION, artifacts=artifacts, **fields)


def test_the_newest_version_becomes_the_artifact_the_revision_and_the_variables(tmp_path, objects):
    objects.put("sources", "web/site.zip", zipped("one"))
    newest = objects.put("sources", "web/site.zip", zipped("two"))
    artifacts, request = request_for(tmp_path, objects)
    result = run_action(S3Source(), request).result
    assert artifacts.outputs["Source"].content == {"index.html": b"two"}
    assert (result.revision.id, result.revision.created) == ("version-2", newest.created)
    assert result.revision.summary == result.summary == "Amazon S3 version id: version-2"
    assert result.output_variables == {
        "BucketName": "sources",
        "ETag": "etag-2",
        "ObjectKey": "web/site.zip",
        "VersionId": "version-2",
    }
    assert S3Source().latest_revision(request) == result.revision


def test_the_writer_of_an_object_may_say_what_changed(tmp_path, objects):
    objects.put("sources", "web/site.zip", zipped("one"), **{"codepipeline-artifact-revision-summary": "New header"})
    result = run_action(S3Source(), request_for(tmp_path, objects)[1]).result
    assert result.revision.summary == "New header"


@pytest.mark.parametrize(
    ("overrides", "content", "version"),
    [
        ({"S3_OBJECT_VERSION_ID": "version-1"}, b"one", "version-1"),
        ({"S3_OBJECT_KEY": "web/beta.zip"}, b"beta two", "version-4"),
        ({"S3_OBJECT_KEY": "web/beta.zip", "S3_OBJECT_VERSION_ID": "version-3"}, b"beta one", "version-3"),
    ],
)
def test_the_key_and_the_version_of_the_start_are_taken(tmp_path, objects, overrides, content, version):
    for key, text in (("site", "one"), ("site", "two"), ("beta", "beta one"), ("beta", "beta two")):
        objects.put("sources", f"web/{key}.zip", zipped(text))
    artifacts, request = request_for(tmp_path, objects, **overrides)
    result = run_action(S3Source(), request).result
    assert artifacts.outputs["Source"].content == {"index.html": content}
    assert result.output_variables["VersionId"] == version
    assert result.output_variables["ObjectKey"] == overrides.get("S3_OBJECT_KEY", "web/site.zip")


@pytest.mark.parametrize(
    ("overrides", "code"),
    [({}, "ConfigurationError"), ({"S3_OBJECT_VERSION_ID": "version-9"}, "RevisionUnavailable")],
)
def test_what_is_not_there_fails_the_action(tmp_path, objects, overrides, code):
    if overrides:
        objects.put("sources", "web/site.zip", zipped("one"))
    result = run_action(S3Source(), request_for(tmp_path, objects, **overrides)[1]).result
    assert isinstance(result, Failed)
    assert (result.code, "web/site.zip" in result.message) == (code, True)


def test_an_object_that_is_not_there_is_told_to_the_poller(tmp_path, objects):
    with pytest.raises(HostRefused, match="no object 'web/site.zip' in bucket 'sources'"):
        S3Source().latest_revision(request_for(tmp_path, objects)[1])


def test_an_object_that_is_no_zip_file_fails_the_action(tmp_path, objects):
    objects.put("sources", "web/site.zip", b"<html>")
    artifacts, request = request_for(tmp_path, objects)
    assert "is no zip file that can be used" in run_action(S3Source(), request).result.message
    assert artifacts.outputs["Source"].content is None
