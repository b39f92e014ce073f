"""What people do on the pipeline page. Each is a plain form; htmx gets the live region back, others a redirect."""

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from apps.core import clock
from apps.core.connections import settled
from apps.core.errors import HeadraceError
from apps.executions.services import (
    decide_approval,
    override_condition,
    retry_stage,
    roll_back_stage,
    start_execution,
    stop_execution,
)
from apps.pipelines.errors import PipelineNotFound
from apps.pipelines.selectors import current_version, find_pipeline
from apps.pipelines.services import set_transition
from apps.portal.membership import PortalRequest, for_members
from apps.portal.views.live_region import render_pipeline
from apps.tenancy.roles import Role

SUMMARY_LENGTH = 512
REASON_LENGTH = 200
GATE_REASON_LENGTH = 300


@require_POST
@for_members(Role.DEVELOPER)
def start(request: PortalRequest, name: str) -> HttpResponse:
    def act() -> str:
        execution = start_execution(
            request.visit.account,
            name,
            trigger_type="StartPipelineExecution",
            trigger_detail=request.visit.principal,
            started_by=[request.visit.principal],
            now=clock.database_now(),
        )
        return _("Execution %(number)s was started.") % {"number": execution.number}

    return _answer(request, name, act)


@require_POST
@for_members(Role.DEVELOPER)
def stop(request: PortalRequest, name: str) -> HttpResponse:
    execution_id = _id(request, "execution")
    abandon = request.POST.get("mode") == "abandon"

    def act() -> str:
        stop_execution(
            request.visit.account,
            name,
            execution_id,
            abandon=abandon,
            reason=_text(request, "reason", REASON_LENGTH),
            by=request.visit.principal,
            now=clock.database_now(),
        )
        return _("The execution is being stopped.")

    return _answer(request, name, act)


@require_POST
@for_members(Role.DEVELOPER)
def retry(request: PortalRequest, name: str) -> HttpResponse:
    execution_id = _id(request, "execution")
    mode = "ALL_ACTIONS" if request.POST.get("mode") == "ALL_ACTIONS" else "FAILED_ACTIONS"
    stage = _name(request, "stage")

    def act() -> str:
        visit = request.visit
        retry_stage(visit.account, name, stage, execution_id, mode=mode, by=visit.principal, now=clock.database_now())
        return _("Stage %(stage)s is being tried again.") % {"stage": stage}

    return _answer(request, name, act)


@require_POST
@for_members(Role.RELEASER)
def approval(request: PortalRequest, name: str) -> HttpResponse:
    token = _id(request, "token")
    approved = request.POST.get("decision") == "approve"

    def act() -> str:
        decide_approval(
            request.visit.account,
            name,
            _name(request, "stage"),
            _name(request, "action"),
            token=token,
            approved=approved,
            summary=_text(request, "summary", SUMMARY_LENGTH),
            by=request.visit.principal,
            now=clock.database_now(),
        )
        return _("Approved.") if approved else _("Rejected.")

    return _answer(request, name, act)


@require_POST
@for_members(Role.RELEASER)
def override(request: PortalRequest, name: str) -> HttpResponse:
    """Let an execution pass a condition, while its rules are checked or after they failed it."""
    execution_id, stage = _id(request, "execution"), _name(request, "stage")
    kind = "ON_SUCCESS" if request.POST.get("kind") == "ON_SUCCESS" else "BEFORE_ENTRY"

    def act() -> str:
        visit = request.visit
        override_condition(
            visit.account, name, stage, execution_id, kind=kind, by=visit.principal, now=clock.database_now()
        )
        return _("The condition of %(stage)s was overridden.") % {"stage": stage}

    return _answer(request, name, act)


@require_POST
@for_members(Role.DEVELOPER)
def rollback(request: PortalRequest, name: str) -> HttpResponse:
    """Run a stage again with what an earlier execution had."""
    target_id, stage = _id(request, "target"), _name(request, "stage")

    def act() -> str:
        visit = request.visit
        begun = roll_back_stage(visit.account, name, stage, target_id, by=visit.principal, now=clock.database_now())
        words = {"number": begun.number, "stage": stage, "target": str(target_id)[:8]}
        return _("Execution %(number)s rolls %(stage)s back to %(target)s….") % words

    return _answer(request, name, act)


@require_POST
@for_members(Role.RELEASER)
def transition(request: PortalRequest, name: str) -> HttpResponse:
    """Open or close the way into a stage. Opening it opens the gate at the way out of the stage before, too."""
    stage, enabled = _name(request, "stage"), request.POST.get("enabled") == "1"
    reason = "" if enabled else _text(request, "reason", GATE_REASON_LENGTH)

    def act() -> str:
        visit = request.visit
        for place, side in _gates(request, name, stage) if enabled else [(stage, "Inbound")]:
            set_transition(
                visit.account,
                name,
                place,
                side,
                enabled=enabled,
                by=visit.principal,
                now=clock.database_now(),
                reason=reason,
            )
        said = (
            _("The transition into %(stage)s is enabled.")
            if enabled
            else _("The transition into %(stage)s is disabled.")
        )
        return said % {"stage": stage}

    return _answer(request, name, act)


def _gates(request: PortalRequest, name: str, stage: str) -> list[tuple[str, str]]:
    declaration = current_version(find_pipeline(request.visit.account, name)).declaration
    names = [item["name"] for item in declaration["stages"]]
    before = names[names.index(stage) - 1 : names.index(stage)] if stage in names else []
    return [*((place, "Outbound") for place in before), (stage, "Inbound")]


def _answer(request: PortalRequest, name: str, act: Callable[[], str]) -> HttpResponse:
    """Do it, and say what came of it: a refusal is news for the person, not an error of the page."""
    try:
        messages.success(request, settled(act))
    except PipelineNotFound:
        raise Http404 from None
    except HeadraceError as refusal:
        messages.error(request, str(refusal))
    if request.POST.get("back") == "execution":
        place = {"account": request.visit.account.number, "name": name, "execution_id": _id(request, "execution")}
        there = reverse("portal:execution", kwargs=place)
        return HttpResponseClientRedirect(there) if request.htmx else redirect(there)
    if request.htmx:
        return render_pipeline(request, name)
    address = reverse("portal:pipeline", kwargs={"account": request.visit.account.number, "name": name})
    selected = request.POST.get("selected")
    return redirect(f"{address}?{urlencode({'selected': selected})}" if selected else address)


def _id(request: PortalRequest, field: str) -> UUID:
    try:
        return UUID(request.POST.get(field, ""))
    except ValueError:
        raise Http404 from None


def _name(request: PortalRequest, field: str) -> str:
    """Return a name that a form gives, without NULs, which PostgreSQL does not take."""
    return request.POST.get(field, "").replace("\x00", "")


def _text(request: PortalRequest, field: str, length: int) -> str:
    return _name(request, field).strip()[:length]
