"""Which tier a machine gets: the best that passes its tests, never one by configuration alone."""

import os
from dataclasses import dataclass

from .cgroup_kinds import make_group
from .cgroups import NoCgroups, remove
from .command import Limits, Tier
from .errors import NoIsolation
from .options import Options
from .owner import new_tag
from .probing import Probe
from .runner import Sandbox
from .self_test import is_needed, self_test, smoke_test

INSTALL = "Install the Debian package bubblewrap."


@dataclass(frozen=True)
class Refusal:
    """Why a tier cannot be had here, in a sentence."""

    tier: Tier
    why: str


def choose(
    *, allow_uncapped: bool = False, allow_unisolated: bool = False, options: Options | None = None, quick: bool = False
) -> Sandbox:
    """Return the best sandbox that this machine offers and the operator accepts.

    `quick` only tries whether a command runs and sees no network, in about 50 ms: run `self_test` afterwards.
    Raises: NoIsolation, which says of each tier what is missing.
    """
    options = options or Options()
    refusals: list[Refusal] = []
    for tier in Tier:
        why = _not_allowed(tier, allow_uncapped, allow_unisolated) or missing(tier, options)
        why = why or failure(_probes(tier, options, quick))
        if not why:
            return Sandbox(tier, options)
        refusals.append(Refusal(tier, why))
    raise NoIsolation(_sentence(refusals))


def missing(tier: Tier, options: Options) -> str:
    """Return what a tier lacks here, in a sentence, as far as can be told without a test."""
    if tier is Tier.CONTAINER and not (options.rootfs or options.image):
        return "No root file system for containers is set (HEADRACE_SANDBOX_ROOTFS)."
    if tier is Tier.CONTAINER and options.engine is None:
        return "No container engine is installed. Install the Debian package podman."
    if tier in (Tier.BUBBLEWRAP, Tier.UNCAPPED) and options.bubblewrap is None:
        return f"bubblewrap is not installed. {INSTALL}"
    return _groups_missing() if tier is Tier.BUBBLEWRAP else ""


def failure(probes: list[Probe]) -> str:
    """Return what the failed ones among `probes` found, in a sentence, or an empty text."""
    found = "; ".join(f"{probe.name}: {probe.detail or 'failed'}" for probe in probes if not probe.passed)
    return f"{found.rstrip('.')}." if found else ""


def _probes(tier: Tier, options: Options, quick: bool) -> list[Probe]:
    first = smoke_test(tier, options)
    if quick or not first.passed:
        return [first]
    return [probe for probe in self_test(tier, options) if is_needed(tier, probe)]


def _not_allowed(tier: Tier, allow_uncapped: bool, allow_unisolated: bool) -> str:
    if tier is Tier.UNCAPPED and not (allow_uncapped or allow_unisolated):  # it isolates more than none at all
        return "Limits for single processes only are not allowed (HEADRACE_SANDBOX_ALLOW_UNCAPPED)."
    if tier is Tier.PLAIN and not allow_unisolated:
        return "Running without isolation is not allowed (HEADRACE_SANDBOX_ALLOW_UNISOLATED)."
    return ""


def _groups_missing() -> str:
    try:
        remove(make_group(new_tag(), Limits()).folders)
    except NoCgroups as error:
        user = "" if os.geteuid() == 0 else " Run the worker as root, or have systemd delegate it a control group."
        return f"{error}{user}"
    return ""


def _sentence(refusals: list[Refusal]) -> str:
    """Name first what would help most: the reason against bubblewrap, which needs nothing but a package."""
    reasons = [refusal.why for refusal in sorted(refusals, key=lambda refusal: refusal.tier is Tier.CONTAINER)]
    return f"No isolation available. {' '.join(dict.fromkeys(reasons))}"
