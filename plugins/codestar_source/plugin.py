"""Source: a branch of a repository at a git host that the account is connected to.

Source of keys and variables: CodePipeline user guide, action structure reference: CodeStarSourceConnection.
"""

import json

from headrace_sdk import (
    ActionProvider,
    ActionTypeId,
    CommitInfo,
    Connection,
    Failed,
    GitError,
    Property,
    Request,
    Revision,
    Succeeded,
    hookimpl,
    is_repository,
)

ARCHIVE, REFERENCE = "source.zip", "reference.json"
LONGEST_MESSAGE = 1500  # characters that leave the summary, which is JSON, below its limit of 2,048 mostly
LONGEST_SUMMARY = 2048


class ConnectionSource(ActionProvider):
    """Takes the newest commit of a branch, or the commit that started the execution."""

    action_type = ActionTypeId("Source", "AWS", "CodeStarSourceConnection", "1")
    properties = (
        Property("ConnectionArn", required=True, key=True, help="The connection, as arn:aws:codeconnections:…"),
        Property("FullRepositoryId", required=True, key=True, help="The repository, as owner/name."),
        Property("BranchName", required=True, key=True, help="The branch."),
        Property(
            "OutputArtifactFormat",
            choices=("CODE_ZIP", "CODEBUILD_CLONE_REF"),
            help="CODE_ZIP, or CODEBUILD_CLONE_REF for a reference that only CodeBuild actions can read.",
        ),
        Property("DetectChanges", help="Whether pushes to the branch start the pipeline; `true` when left out."),
    )
    output_artifacts = (1, 1)
    timeout_seconds = 3600
    description = "Takes the newest commit of a branch through a connection to a git host."

    def start(self, request: Request) -> Succeeded | Failed:
        connection, given = request.connection, request.configuration
        if connection is None:
            named = given["ConnectionArn"]
            return Failed(f"The account has no connection '{named}'. Check ConnectionArn.", code="ConfigurationError")
        if not is_repository(given["FullRepositoryId"]):
            return Failed(
                f"'{given['FullRepositoryId']}' is no repository's id. Write it as owner/name.",
                code="ConfigurationError",
            )
        try:
            commit = self.fetch(request, connection.repository_url(given["FullRepositoryId"]))
        except GitError as error:
            return Failed(error.message, code=error.code)
        request.log.write(f"{given['FullRepositoryId']} is at {commit.sha}\n")
        summary = revision_summary(connection, commit)
        page = connection.commit_page(given["FullRepositoryId"], commit.sha)
        return Succeeded(
            summary=summary,
            external_id=commit.sha,
            external_url=page,
            revision=Revision(id=commit.sha, summary=summary, change_id=commit.sha, url=page),
            output_variables=output_variables(request, connection, commit),
        )

    def fetch(self, request: Request, url: str) -> CommitInfo:
        """Write the output artifact. Raises GitError."""
        wanted = request.revision_override or request.configuration["BranchName"]
        if request.configuration.get("OutputArtifactFormat") == "CODEBUILD_CLONE_REF":
            commit = request.git.describe(url, wanted)
            path = request.workspace / REFERENCE
            path.write_text(json.dumps(reference(request, url, commit)))
        else:
            path = request.workspace / ARCHIVE
            commit = request.git.fetch_archive(url, wanted, path)
        for artifact in request.outputs.values():
            artifact.write_file(path)
        return commit


def reference(request: Request, url: str, commit: CommitInfo) -> dict[str, str]:
    """Return what a build needs to clone the commit itself. AWS publishes no shape; these are our names."""
    return {
        "ConnectionArn": request.configuration["ConnectionArn"],
        "FullRepositoryId": request.configuration["FullRepositoryId"],
        "CloneUrl": url,
        "BranchName": branch_of(request),
        "CommitId": commit.sha,
    }


def revision_summary(connection: Connection, commit: CommitInfo) -> str:
    """Return JSON, as the service gives it for connections, within its limit."""
    longest = LONGEST_MESSAGE
    while True:
        message = commit.message[:longest]
        told = json.dumps({"ProviderType": connection.provider_type, "CommitMessage": message}, ensure_ascii=False)
        if len(told) <= LONGEST_SUMMARY:
            return told
        longest //= 2


def branch_of(request: Request) -> str:
    """Return the branch that the commit was pushed to, the configured one where no event names another."""
    return request.source_event.get("branch-name") or request.configuration["BranchName"]


def output_variables(request: Request, connection: Connection, commit: CommitInfo) -> dict[str, str]:
    variables = {
        "AuthorDate": commit.author_date,
        "AuthorDisplayName": commit.author,
        "AuthorEmail": commit.author_email,
        "AuthorId": request.source_event.get("author-id") or commit.author,
        "BranchName": branch_of(request),
        "CommitId": commit.sha,
        "CommitMessage": commit.message,
        "ConnectionArn": request.configuration["ConnectionArn"],
        "FullRepositoryName": request.configuration["FullRepositoryId"],
        "ProviderType": connection.provider_type,
    }
    tag = request.source_event.get("tag-name")
    return variables | ({"TagName": tag} if tag else {})


@hookimpl
def action_providers() -> list[ActionProvider]:
    return [ConnectionSource()]
