"""What the approvals of a pipeline ask for beyond AWS, and those that wait."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.connections import settled
from apps.core.pages import InvalidNextToken
from apps.pipelines.errors import ApprovalRuleInvalid, PipelineNotFound
from apps.pipelines.services import set_approval_rule
from apps.portal.membership import PortalRequest, for_members
from apps.portal.pages.approvals import approvals_page
from apps.portal.views.live_region import render_live
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
    return render_live(request, "approvals", {"page": page})


@require_POST
@for_members(Role.ADMIN)
def approval_rule(request: PortalRequest, name: str) -> HttpResponse:
    visit, needed = request.visit, _number(request.POST.get("needed", ""))
    not_the_starter = "not_the_starter" in request.POST
    try:
        settled(
            lambda: set_approval_rule(
                visit.account,
                name,
                needed=needed,
                not_the_starter=not_the_starter,
                by=visit.principal,
                now=clock.database_now(),
            )
        )
    except PipelineNotFound:
        raise Http404 from None
    except ApprovalRuleInvalid as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The approval rule was saved. It holds at once, also for what waits."))
    return redirect("portal:approvals", account=visit.account.number, name=name)


def _number(text: str) -> int:
    """Return what the form says, 0 for what is no number: the service refuses that and says which ones there are."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
