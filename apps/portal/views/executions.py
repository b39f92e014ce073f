"""The history of a pipeline, the page of one execution, and the choice of what to roll a stage back to."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from apps.core.pages import InvalidNextToken
from apps.executions.errors import ExecutionNotFound
from apps.pipelines.errors import PipelineNotFound
from apps.portal.membership import PortalRequest, for_members
from apps.portal.pages.execution import execution_page
from apps.portal.pages.history import history_page
from apps.portal.pages.rollbacks import rollback_page
from apps.portal.views.live_region import render_live


@require_safe
@for_members()
def history(request: PortalRequest, name: str) -> HttpResponse:
    try:
        page = history_page(request.visit.account, name, token=request.GET.get("after"))
    except PipelineNotFound:
        raise Http404 from None
    except InvalidNextToken:
        return redirect("portal:history", account=request.visit.account.number, name=name)
    return render_live(request, "history", {"page": page})


@require_safe
@for_members()
def execution(request: PortalRequest, name: str, execution_id: UUID) -> HttpResponse:
    account = request.visit.account
    try:
        page = execution_page(account, name, execution_id, token=request.GET.get("after"))
    except (PipelineNotFound, ExecutionNotFound):
        raise Http404 from None
    except InvalidNextToken:
        return redirect("portal:execution", account=account.number, name=name, execution_id=execution_id)
    return render_live(request, "execution", {"page": page})


@require_safe
@for_members()
def rollbacks(request: PortalRequest, name: str, stage: str) -> HttpResponse:
    """Show what a stage can be rolled back to."""
    account = request.visit.account
    try:
        page = rollback_page(account, name, stage, token=request.GET.get("after"))
    except PipelineNotFound:
        raise Http404 from None
    except InvalidNextToken:
        return redirect("portal:rollbacks", account=account.number, name=name, stage=stage)
    return render_live(request, "rollbacks", {"page": page})
