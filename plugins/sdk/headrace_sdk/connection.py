"""A git host that an account is connected to, and how its kind writes addresses.

Source: documentation of GitHub, GitLab, Gitea and Bitbucket Cloud.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

# A path below the host. No part begins with a dot or a dash, so none climbs and none is an option of git.
REPOSITORY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*){0,20}", re.ASCII)
COMMIT_PAGES = {"GitLab": "-/commit", "Bitbucket": "commits", "GitHub": "commit", "Gitea": "commit"}


@dataclass(frozen=True, slots=True)
class Connection:
    """The git host that ConnectionArn of the configuration names. `git` signs in there by itself.

    Shapes: `provider_type` is "GitHub", "GitLab", "Gitea", "Bitbucket" or "Git"; `url` has no slash at its end.
    Repositories are named as the host names them: "owner/name" mostly.
    """

    arn: str
    provider_type: str
    url: str

    def repository_url(self, repository: str) -> str:
        """Return where git finds a repository. A host of no known kind has it just where its id says."""
        plain = self.provider_type == "Git" or repository.endswith(".git")
        return f"{self.url}/{repository}" + ("" if plain else ".git")

    def commit_page(self, repository: str, sha: str) -> str:
        """Return the host's page of a commit, "" where none is known."""
        pages = COMMIT_PAGES.get(self.provider_type)
        return f"{self.url}/{quote(repository)}/{pages}/{sha}" if pages else ""


def is_repository(text: str) -> bool:
    """Say whether a text can be the id of a repository."""
    return REPOSITORY.fullmatch(text) is not None
