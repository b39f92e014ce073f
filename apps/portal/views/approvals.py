"""What the approvals of a pipeline ask for beyond AWS, and those that wait."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.pages import InvalidNextToken
from apps.pipelines.errors import ApprovalRuleInvalid, PipelineNotFound
from apps.pipelines.services import set_approval_rule
from apps.portal.membership import PortalRequest, for_members
from apps.portal.pages.approvals import approvals_page
from apps.tenancy.roles import Role


@require_safe
@for_members()
def approvals(request: PortalRequest, name: str) -> HttpResponse:
    try:
        page = approvals_page(request.visit.account, name, token=request.GET.get("after"))
    except PipelineNotFound:
        raise Http404 from None
    except InvalidNextToken:
        return redirect("portal:approvals", account=request.visit.account.number, name=name)
    kind = "regions" if request.htmx else "pages"
    context = {"page": page, "is_first": "after" not in request.GET}
    response = render(request, f"portal/{kind}/approvals.html", context)
    patch_vary_headers(response, ("HX-Request",))
    return response


@require_POST
@for_members(Role.ADMIN)
def approval_rule(request: PortalRequest, name: str) -> HttpResponse:
    visit = request.visit
    try:
        set_approval_rule(
            visit.account,
            name,
            needed=_number(request.POST.get("needed", "")),
            not_the_starter="not_the_starter" in request.POST,
            by=visit.principal,
            now=clock.now(),
        )
        messages.success(request, _("The approval rule was saved. It holds at once, also for what waits."))
    except PipelineNotFound:
        raise Http404 from None
    except ApprovalRuleInvalid as refusal:
        messages.error(request, refusal.message)
    return redirect("portal:approvals", account=visit.account.number, name=name)


def _number(text: str) -> int:
    """Return what the form says, 0 for what is no number: the service refuses that and says which ones there are."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
