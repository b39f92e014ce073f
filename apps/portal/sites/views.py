"""Serves what an account deployed to a folder, where the operator allows it.

The files come from the account's own build, so they are shown as if from another site: no script, no cookies.
"""

import mimetypes
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from apps.tenancy.models import Account

POLICY = "sandbox; default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'"
LARGEST_BYTES = 16 * 1024**2


def site(request: HttpRequest, account: str, target: str, name: str = "index.html") -> HttpResponse:
    """Answer with a file of the release that `current` names now."""
    owner = get_object_or_404(Account, number=account, serves_sites=True)
    try:
        file = _file((Path(settings.DEPLOY_DIR) / owner.number).resolve(), target, name)
    except (OSError, RuntimeError):  # a name longer than a name may be, or links that lead in a circle
        raise Http404 from None
    kind, _ = mimetypes.guess_type(file.name)
    return HttpResponse(
        file.read_bytes(),
        content_type=kind or "application/octet-stream",
        headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"},
    )


def _file(deployed: Path, target: str, name: str) -> Path:
    """Return a regular file of the current release, or of its `site` folder if it has one. Raises Http404."""
    release = (deployed / target / "current").resolve()
    root = release / "site" if (release / "site").is_dir() else release
    file = (root / name).resolve()
    is_inside = deployed in release.parents and root in file.parents
    if not is_inside or not file.is_file() or file.stat().st_size > LARGEST_BYTES:
        raise Http404
    return file
