"""Home, the list of pipelines, and the pipeline page."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from apps.core.pages import InvalidNextToken
from apps.events.selectors import last_sequence
from apps.portal.membership import PortalRequest, for_members
from apps.portal.pages.lists import home_page, pipelines_page
from apps.portal.views.live_region import render_live, render_pipeline


@require_safe
@for_members()
def home(request: PortalRequest) -> HttpResponse:
    sequence = last_sequence(request.visit.account)
    page = home_page(request.visit.account)
    return render_live(request, "home", {"page": page, "sequence": sequence})


@require_safe
@for_members()
def pipeline_list(request: PortalRequest) -> HttpResponse:
    sequence = last_sequence(request.visit.account)
    try:
        page = pipelines_page(request.visit.account, request.GET.get("after"))
    except InvalidNextToken:
        return redirect("portal:pipelines", account=request.visit.account.number)
    return render_live(request, "pipelines", {"page": page, "sequence": sequence})


@require_safe
@for_members()
def pipeline(request: PortalRequest, name: str) -> HttpResponse:
    return render_pipeline(request, name)
