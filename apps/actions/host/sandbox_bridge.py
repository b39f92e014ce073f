"""Puts the sandbox behind the small protocol the SDK promises to providers."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from headrace_sdk import ArchiveRefused, Ended, SandboxUnavailable

from .orders import StepOrder

if TYPE_CHECKING:
    from apps.actions.sandbox import Command, Sandbox

OF_THE_COMMAND = ("read_only", "limits", "secrets")  # the rest says which sandbox


class SandboxBridge:
    """Implements `headrace_sdk.request.Sandbox`. Nothing is chosen or tested before the first command."""

    def __init__(self, order: StepOrder, cancelled: Callable[[], bool]) -> None:
        self._settings = order.sandbox
        self._cancelled = cancelled

    def run(
        self,
        argv: Sequence[str],
        *,
        work_dir: Path,
        environment: Mapping[str, str],
        on_output: Callable[[bytes], None],
        timeout_seconds: float,
    ) -> Ended:
        """Run one command in `work_dir`. Raises SandboxUnavailable."""
        from apps.actions.sandbox import NoIsolation, SandboxBroken

        try:
            command = self._command(argv, work_dir, environment, timeout_seconds)
        except ValueError as error:
            return Ended(126, "refused", str(error))
        try:
            ended = self._sandbox().run(command, on_output, self._cancelled)
        except (NoIsolation, SandboxBroken) as error:
            raise SandboxUnavailable(str(error)) from None
        code = -1 if ended.exit_code is None else ended.exit_code
        return Ended(code, str(ended.reason) or "exited", ended.message)

    def _command(
        self, argv: Sequence[str], work_dir: Path, environment: Mapping[str, str], timeout_seconds: float
    ) -> "Command":
        from apps.actions.sandbox import Command, Limits

        return Command(
            argv=tuple(argv),
            work_dir=work_dir,
            environment=environment,
            read_only=tuple((Path(outside), inside) for outside, inside in self._settings.get("read_only", ())),
            limits=Limits(**{"wall_seconds": timeout_seconds, **self._settings.get("limits", {})}),
            secrets={name: value.encode() for name, value in self._settings.get("secrets", {}).items()},
        )

    def collect(self, root: Path, patterns: Sequence[str], destination_zip: Path) -> None:
        """Pack what commands left below `root`. Raises ArchiveRefused."""
        from apps.actions.sandbox import CollectRefused, collect

        try:
            taken = collect(root, tuple(patterns), destination_zip)
        except CollectRefused as refusal:
            raise ArchiveRefused(str(refusal)) from None
        if not taken:
            raise ArchiveRefused(f"No file matches {', '.join(patterns)}.")

    def _sandbox(self) -> "Sandbox":
        chosen = {name: value for name, value in self._settings.items() if name not in OF_THE_COMMAND}
        return _chosen(json.dumps(chosen, sort_keys=True))


@cache
def _chosen(settings: str) -> "Sandbox":
    from apps.actions.sandbox import Options, Sandbox, Tier, choose

    told = json.loads(settings)
    options = Options(**told.get("options", {}))
    if "tier" in told:
        return Sandbox(Tier(told["tier"]), options)
    allowed = {name: bool(told.get(name)) for name in ("allow_uncapped", "allow_unisolated")}
    return choose(**allowed, options=options, quick=True)
