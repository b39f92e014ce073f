"""Deploy: a folder of this server, with a link to the release that is current."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headrace_sdk import (
    ActionProvider,
    ActionTypeId,
    ArchiveRefused,
    Failed,
    Property,
    Request,
    Succeeded,
    hookimpl,
)

TARGET_NAME = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"
RELEASE = re.compile(r"(\d{6,})-(.+)")
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")
DEFAULT_KEEP = "5"


class FolderDeploy(ActionProvider):
    """Unpacks the input artifact as a new release and switches `current` to it in one step."""

    action_type = ActionTypeId("Deploy", "ThirdParty", "Folder", "1")
    properties = (
        Property(
            "TargetName",
            required=True,
            key=True,
            pattern=TARGET_NAME,
            maximum=100,
            help="The name of the folder that is deployed to: letters, digits, '.', '_' and '-'.",
        ),
        Property(
            "Keep",
            type="number",
            default=DEFAULT_KEEP,
            minimum=1,
            maximum=100,
            help="How many releases stay on disk, the current one included.",
        ),
    )
    input_artifacts = (1, 1)
    timeout_seconds = 900
    description = "Unpacks an artifact to a folder of this server and switches a link to it."

    def start(self, request: Request) -> Succeeded | Failed:
        name, keep = request.configuration["TargetName"], request.configuration.get("Keep", DEFAULT_KEEP)
        if not re.fullmatch(TARGET_NAME, name) or not TOKEN.fullmatch(request.idempotency_token):
            return Failed(f"TargetName '{name}' is no folder name that is taken.", code="ConfigurationError")
        if not keep.isascii() or not keep.isdigit() or not 1 <= int(keep) <= 100:
            return Failed(f"Keep is '{keep}'. Write a number from 1 to 100.", code="ConfigurationError")
        if not request.host.get("deploy_root"):
            return Failed("This server has no folder to deploy to.", code="SystemUnavailable")
        target = Path(request.host["deploy_root"]) / request.account_id / name
        (target / "releases").mkdir(parents=True, exist_ok=True)
        try:
            with locked(target):
                release = self._release(request, target / "releases")
                switch(target, release)
                prune(target, int(keep))
        except ArchiveRefused as refusal:
            return Failed(f"The artifact cannot be unpacked. {refusal}")
        request.log.write(f"{name} is at release {release.name}\n")
        return Succeeded(f"Release {number_of(release)} is in '{name}'.", external_id=release.name)

    def _release(self, request: Request, releases: Path) -> Path:
        """Return this attempt's release, unpacked now or by an earlier start under the same token."""
        for release in releases_in(releases):
            if release.name.partition("-")[2] == request.idempotency_token:
                return release
        unfinished = releases / f".{request.idempotency_token}"
        shutil.rmtree(unfinished, ignore_errors=True)  # left by a start that was killed
        try:
            (artifact,) = request.inputs.values()
            artifact.extract_to(unfinished)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        number = max((number_of(release) for release in releases_in(releases)), default=0) + 1
        release = releases / f"{number:06d}-{request.idempotency_token}"
        unfinished.rename(release)
        return release


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold the target alone: two executions may deploy to it at once."""
    with (target / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def releases_in(releases: Path) -> list[Path]:
    """Return the finished releases, oldest first."""
    return sorted((path for path in releases.iterdir() if RELEASE.fullmatch(path.name)), key=number_of)


def number_of(release: Path) -> int:
    """Return the number a release's folder begins with."""
    return int(release.name.partition("-")[0])


def switch(target: Path, release: Path) -> None:
    """Point `current` to `release`, unless a newer one is there: a repeated start takes nothing back."""
    if releases_in(target / "releases")[-1] != release:
        return
    link = target / ".current"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("releases") / release.name)
    os.replace(link, target / "current")


def prune(target: Path, keep: int) -> None:
    """Remove all but the `keep` newest releases."""
    for release in releases_in(target / "releases")[:-keep]:
        shutil.rmtree(release, ignore_errors=True)


@hookimpl
def action_providers() -> list[ActionProvider]:
    return [FolderDeploy()]
