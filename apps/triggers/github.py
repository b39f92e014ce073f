"""GitHub's hooks, through the guarded client. Source: GitHub REST API, "Repository webhooks"."""

from collections.abc import Mapping
from urllib.parse import quote

from headrace_sdk.egress import Egress
from headrace_sdk.http import GuardedHttp
from headrace_sdk.request import PeerUnavailable, Response


class GitHubRefused(Exception):
    """GitHub did not do what it was asked. The text says what to check."""


def create_hook(api: str, egress: Egress, configuration: Mapping[str, str], url: str, secret: str) -> str:
    """Return the id that GitHub gave to the hook. Raises GitHubRefused."""
    hook = {"url": url, "content_type": "json", "insecure_ssl": "0"} | ({"secret": secret} if secret else {})
    asked = {"name": "web", "active": True, "events": ["push"], "config": hook}
    answer = _ask(egress, "POST", _hooks(api, configuration), configuration, json=asked)
    if answer.status_code != 201:
        raise _refusal(answer, configuration)
    return str(answer.json()["id"])


def delete_hook(api: str, egress: Egress, configuration: Mapping[str, str], hook_id: str) -> None:
    """Delete a hook; one that is gone is deleted already. Raises GitHubRefused."""
    answer = _ask(egress, "DELETE", f"{_hooks(api, configuration)}/{quote(hook_id, safe='')}", configuration)
    if answer.status_code not in (204, 404):
        raise _refusal(answer, configuration)


def _hooks(api: str, configuration: Mapping[str, str]) -> str:
    owner, repository = (quote(configuration.get(key, ""), safe="") for key in ("Owner", "Repo"))
    return f"{api}/repos/{owner}/{repository}/hooks"


def _ask(egress: Egress, method: str, url: str, configuration: Mapping[str, str], **options: object) -> Response:
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {configuration.get('OAuthToken', '')}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    try:
        return GuardedHttp(egress).request(method, url, headers=headers, **options)
    except PeerUnavailable as error:
        raise GitHubRefused(f"GitHub cannot be asked. {error}") from None


def _refusal(answer: Response, configuration: Mapping[str, str]) -> GitHubRefused:
    named = f"{configuration.get('Owner', '')}/{configuration.get('Repo', '')}"
    return GitHubRefused(
        f"GitHub answered {answer.status_code} for the hooks of {named}. Check that the repository exists and that "
        "OAuthToken may administer its hooks."
    )
