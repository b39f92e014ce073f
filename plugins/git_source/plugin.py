"""Source: a branch of a git repository."""

from headrace_sdk import (
    ActionProvider,
    ActionTypeId,
    CommitInfo,
    Failed,
    GitError,
    Property,
    Request,
    Revision,
    Succeeded,
    hookimpl,
)

ARCHIVE = "source.zip"
LONGEST_SUMMARY = 2048  # characters; CodePipeline API Reference, SourceRevision.revisionSummary


class GitSource(ActionProvider):
    """Takes the newest commit of a branch, or the commit the execution was started for."""

    action_type = ActionTypeId("Source", "ThirdParty", "Git", "1")
    properties = (
        Property(
            "RepositoryUrl",
            required=True,
            maximum=1000,
            help="https://, ssh:// or user@host:path. Without a user name or password in it.",
        ),
        Property("BranchName", required=True, maximum=255, help="The branch whose newest commit is taken."),
        Property(
            "PollForSourceChanges",
            type="boolean",
            default="true",
            help="Whether Headrace asks the repository for new commits. Switch it off when a webhook tells of them.",
        ),
    )
    output_artifacts = (1, 1)
    timeout_seconds = 1800
    description = "Starts the pipeline from the newest commit of a branch of any git repository."

    def start(self, request: Request) -> Succeeded | Failed:
        url, branch = request.configuration["RepositoryUrl"], request.configuration["BranchName"]
        archive = request.workspace / ARCHIVE
        try:
            commit = request.git.fetch_archive(url, request.revision_override or branch, archive)
        except GitError as error:
            return Failed(error.message, code=error.code)
        for artifact in request.outputs.values():
            artifact.write_file(archive)
        request.log.write(f"{branch} is at {commit.sha}\n")
        return Succeeded(
            summary=commit.message[:LONGEST_SUMMARY],
            external_id=commit.sha,
            revision=Revision(id=commit.sha, summary=commit.message[:LONGEST_SUMMARY], change_id=commit.sha),
            output_variables=output_variables(url, branch, commit),
        )

    def latest_revision(self, request: Request) -> Revision:
        sha = request.git.ls_remote(request.configuration["RepositoryUrl"], request.configuration["BranchName"])
        return Revision(id=sha, change_id=sha)


def output_variables(url: str, branch: str, commit: CommitInfo) -> dict[str, str]:
    """Return the variables later actions may use, named as CodeCommit's are."""
    return {
        "AuthorDate": commit.author_date,
        "BranchName": branch,
        "CommitId": commit.sha,
        "CommitMessage": commit.message,
        "CommitterDate": commit.committer_date,
        "RepositoryUrl": url,
    }


@hookimpl
def action_providers() -> list[ActionProvider]:
    return [GitSource()]
