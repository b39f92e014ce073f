"""The history of a pipeline."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.core.pages import InvalidNextToken
from apps.executions.selectors import list_executions
from apps.pipelines.errors import PipelineNotFound
from apps.pipelines.selectors import find_pipeline
from apps.portal.membership import PortalRequest, for_members
from apps.portal.pages.executions import tag_of
from apps.portal.selectors import waiting_approvals

PAGE_SIZE = 50


@require_safe
@for_members()
def history(request: PortalRequest, name: str) -> HttpResponse:
    account = request.visit.account
    try:
        pipeline = find_pipeline(account, name)
        found = list_executions(account, pipeline, size=PAGE_SIZE, token=request.GET.get("after"))
    except PipelineNotFound:
        raise Http404 from None
    except InvalidNextToken:
        return redirect("portal:history", account=account.number, name=name)
    asked = {action.execution_id for action, _ in waiting_approvals(account)}
    context = {
        "name": pipeline.name,
        "executions": [tag_of(row, waits_for_a_person=row.pk in asked) for row in found.rows],
        "next_token": found.next_token,
        "is_first": "after" not in request.GET,
    }
    return render(request, "portal/pages/history.html", context)
