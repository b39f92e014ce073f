"""The schedules of a pipeline: read them, make, change, pause and delete one. Each form works without a script."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.errors import HeadraceError
from apps.core.pages import InvalidNextToken
from apps.pipelines.errors import PipelineNotFound
from apps.pipelines.selectors import find_pipeline
from apps.portal.membership import PortalRequest, for_members
from apps.portal.pages.schedules import ScheduleForm, schedule_form, schedules_page
from apps.portal.views.live_region import render_live
from apps.tenancy.roles import Role
from apps.triggers.errors import (
    ScheduleExpressionInvalid,
    ScheduleNameInvalid,
    ScheduleNameTaken,
    ScheduleNotFound,
    ScheduleZoneInvalid,
)
from apps.triggers.models import Schedule
from apps.triggers.selectors import find_schedule
from apps.triggers.services import create_schedule, delete_schedule, put_schedule

# At which field a refusal is told; others are told above the form.
FIELDS: dict[type[HeadraceError], str] = {
    ScheduleExpressionInvalid: "expression",
    ScheduleNameInvalid: "name",
    ScheduleNameTaken: "name",
    ScheduleZoneInvalid: "time_zone",
}
UNPROCESSABLE = 422


@require_safe
@for_members()
def schedules(request: PortalRequest, name: str) -> HttpResponse:
    changed = request.GET.get("change", "")
    kept = _own(request, name, changed) if changed else None
    try:
        return _answer(request, name, _form(request, name, kept), changed)
    except InvalidNextToken:
        return redirect("portal:schedules", account=request.visit.account.number, name=name)


@require_POST
@for_members(Role.DEVELOPER)
def save(request: PortalRequest, name: str) -> HttpResponse:
    """Make a schedule, or change the one that the form names. What cannot be is told at its field, and nothing lost."""
    changed = request.POST.get("change", "")
    kept = _own(request, name, changed) if changed else None
    data = request.POST.copy()
    if kept:
        data["name"] = kept.name  # a schedule keeps its name, which executions show as their trigger
    form = _form(request, name, kept, data)
    if form.is_valid():
        try:
            schedule = _save(request, name, form, is_new=kept is None)
        except HeadraceError as refusal:
            form.add_error(FIELDS.get(type(refusal)), refusal.message)
        else:
            messages.success(request, _("The schedule %(name)s was saved.") % {"name": schedule.name})
            return _back(request, name)
    return _answer(request, name, form, changed, status=UNPROCESSABLE)


@require_POST
@for_members(Role.DEVELOPER)
def switch(request: PortalRequest, name: str) -> HttpResponse:
    """Pause a schedule, or have it start the pipeline again. A rate counts anew from then."""
    kept = _own(request, name, request.POST.get("schedule", ""))
    is_enabled = request.POST.get("enabled") == "1"
    try:
        put_schedule(
            request.visit.account,
            kept.name,
            pipeline_name=name,
            expression=kept.expression,
            time_zone=kept.time_zone,
            variables=kept.variables,
            is_enabled=is_enabled,
            by=request.visit.principal,
            now=clock.database_now(),
        )
    except HeadraceError as refusal:
        messages.error(request, refusal.message)
    else:
        said = _("The schedule %(name)s is on.") if is_enabled else _("The schedule %(name)s is paused.")
        messages.success(request, said % {"name": kept.name})
    return _back(request, name)


@require_POST
@for_members(Role.DEVELOPER)
def delete(request: PortalRequest, name: str) -> HttpResponse:
    kept = _own(request, name, request.POST.get("schedule", ""))
    delete_schedule(request.visit.account, kept.name)
    messages.success(request, _("The schedule %(name)s was deleted.") % {"name": kept.name})
    return _back(request, name)


def _save(request: PortalRequest, name: str, form: ScheduleForm, *, is_new: bool) -> Schedule:
    asked: dict[str, Any] = {
        "pipeline_name": name,
        "expression": form.cleaned_data["expression"],
        "time_zone": form.cleaned_data["time_zone"],
        "variables": form.values,
        "is_enabled": form.cleaned_data["is_enabled"],
        "by": request.visit.principal,
        "now": clock.database_now(),
    }
    account, wanted = request.visit.account, form.cleaned_data["name"]
    return create_schedule(account, wanted, **asked) if is_new else put_schedule(account, wanted, **asked)[0]


def _form(request: PortalRequest, name: str, kept: Schedule | None, data: Any = None) -> ScheduleForm:
    """Raises Http404."""
    try:
        return schedule_form(request.visit.account, name, kept, data)
    except PipelineNotFound:
        raise Http404 from None


def _own(request: PortalRequest, name: str, schedule: str) -> Schedule:
    """Return a schedule of this pipeline. Raises Http404."""
    try:
        find_pipeline(request.visit.account, name)
        found = find_schedule(request.visit.account, schedule.replace("\x00", ""))
    except (PipelineNotFound, ScheduleNotFound):
        raise Http404 from None
    if found.pipeline_name != name:
        raise Http404
    return found


def _answer(request: PortalRequest, name: str, form: ScheduleForm, changed: str, *, status: int = 200) -> HttpResponse:
    """Raises InvalidNextToken."""
    page = schedules_page(request.visit.account, name, form, changed=changed, token=request.GET.get("after"))
    return render_live(request, "schedules", {"page": page}, status=status)


def _back(request: PortalRequest, name: str) -> HttpResponse:
    return redirect("portal:schedules", account=request.visit.account.number, name=name)
