"""Source: an object that the account keeps in Headrace's own store, reached by any S3 client."""

from headrace_sdk import (
    ActionProvider,
    ActionTypeId,
    ArchiveRefused,
    Failed,
    ObjectVersion,
    Property,
    Request,
    Revision,
    Succeeded,
    archive,
    hookimpl,
)

SUMMARY_METADATA = "codepipeline-artifact-revision-summary"  # CodePipeline User Guide, Amazon S3 source
LONGEST_SUMMARY = 2048  # characters; CodePipeline API Reference, SourceRevision.revisionSummary


class S3Source(ActionProvider):
    """Takes the newest version of an object, or the key and version that the execution was started for.

    Source: CodePipeline User Guide, Amazon S3 source action reference.
    """

    action_type = ActionTypeId("Source", "AWS", "S3", "1")
    properties = (
        Property("S3Bucket", required=True, key=True, help="The bucket, which must keep versions."),
        Property("S3ObjectKey", required=True, key=True, help="The key of the object, a zip file."),
        Property(
            "PollForSourceChanges", help="Whether the source is looked at for changes; `true`, when left out too."
        ),
        Property("AllowOverrideForS3ObjectKey", help="Whether a start may name another key; `true` or `false`."),
    )
    output_artifacts = (1, 1)
    timeout_seconds = 3600
    description = "Takes an object of a versioned bucket."

    def start(self, request: Request) -> Succeeded | Failed:
        bucket, wanted = request.configuration["S3Bucket"], request.revision_overrides
        key = wanted.get("S3_OBJECT_KEY", request.configuration["S3ObjectKey"])
        found, path = request.objects.fetch(bucket, key, wanted.get("S3_OBJECT_VERSION_ID", ""))
        try:
            archive.check(path)
        except ArchiveRefused as refusal:
            return Failed(f"The object '{key}' in bucket '{bucket}' is no zip file that can be used. {refusal}")
        for artifact in request.outputs.values():
            artifact.write_file(path)
        request.log.write(f"{bucket}/{key} is at version {found.version_id}\n")
        revision = revision_of(found)
        return Succeeded(
            summary=revision.summary,
            external_id=found.version_id,
            revision=revision,
            output_variables={
                "BucketName": bucket,
                "ETag": found.etag,
                "ObjectKey": key,
                "VersionId": found.version_id,
            },
        )

    def latest_revision(self, request: Request) -> Revision:
        found = request.objects.look(request.configuration["S3Bucket"], request.configuration["S3ObjectKey"])
        return revision_of(found)


def revision_of(found: ObjectVersion) -> Revision:
    summary = found.metadata.get(SUMMARY_METADATA) or f"Amazon S3 version id: {found.version_id}"
    return Revision(id=found.version_id, summary=summary[:LONGEST_SUMMARY], created=found.created)


@hookimpl
def action_providers() -> list[ActionProvider]:
    return [S3Source()]
