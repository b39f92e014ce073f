"""The kinds of git hosts: where each is when nobody says, and how it writes addresses. Pure.

Source: documentation of GitHub, GitLab, Gitea and Bitbucket Cloud; CodeConnections API reference, ProviderType.
"""

from enum import StrEnum
from urllib.parse import urlsplit

LONGEST_URL = 500


class Host(StrEnum):
    GITHUB = "GitHub"
    GITLAB = "GitLab"
    GITEA = "Gitea"
    BITBUCKET = "Bitbucket"
    GIT = "Git"


USUAL_URLS = {
    Host.GITHUB: "https://github.com",
    Host.GITLAB: "https://gitlab.com",
    Host.BITBUCKET: "https://bitbucket.org",
}


def url_problem(url: str) -> str:
    """Say what is wrong with the address of a host, "" when nothing is. Whether it may be reached is judged on use."""
    if len(url) > LONGEST_URL or any(ord(character) <= 32 or ord(character) == 127 for character in url):
        return f"it is longer than {LONGEST_URL} characters, or has a space or a control character in it"
    if "\\" in url or "?" in url or "#" in url:
        return "it has a backslash, a question mark or a # in it"
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        return "it cannot be read"
    if parts.scheme not in ("https", "http", "file"):
        return "it must begin with https://"
    if parts.scheme != "file" and not parts.hostname:
        return "it names no host"
    if "@" in parts.netloc:
        return "it has a user name or a password in it; give those as the credentials"
    return "it has '..' in its path" if ".." in parts.path.split("/") else ""
