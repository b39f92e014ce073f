"""The sandbox that this deployment's settings ask for."""

from django.conf import settings

from .choose import choose
from .options import Options
from .runner import Sandbox


def configured_options() -> Options:
    """Return what the settings say about the sandbox."""
    return Options(bubblewrap=settings.BUBBLEWRAP, rootfs=settings.SANDBOX_ROOTFS or "")


def configured_sandbox(*, quick: bool = True, allow_unisolated: bool | None = None) -> Sandbox:
    """Choose as the settings say; `allow_unisolated` may be narrowed for one account. Raises NoIsolation."""
    plainly = settings.SANDBOX_ALLOW_UNISOLATED and allow_unisolated is not False
    return choose(
        allow_uncapped=settings.SANDBOX_ALLOW_UNCAPPED,
        allow_unisolated=plainly,
        options=configured_options(),
        quick=quick,
    )
