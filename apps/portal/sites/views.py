"""Serves what an account deployed to a folder, where the operator allows it.

The files come from the account's own build, so they are shown as if from another site: no script, no cookies.
"""

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.static import serve

from apps.tenancy.models import Account

POLICY = "sandbox; default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'"


def site(request: HttpRequest, account: str, target: str, name: str = "index.html") -> HttpResponseBase:
    """Answer with a file of the release that `current` names now."""
    owner = get_object_or_404(Account, number=account, serves_sites=True)
    if "/" in target or target.startswith("."):
        raise Http404
    root = (Path(settings.DEPLOY_DIR) / owner.number / target / "current").resolve()
    folder = root / "site" if (root / "site").is_dir() else root
    response = serve(request, name, document_root=str(folder))
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "no-cache"
    return response
