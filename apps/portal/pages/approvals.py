"""Decisions that people are asked for: what of, how many of them, and whether who looks may give one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.pages import Page
from apps.events.selectors import last_sequence
from apps.executions.models import ActionExecution
from apps.executions.selectors import WaitingApproval, list_waiting_approvals, waiting_approvals
from apps.pipelines.selectors import approval_rule
from apps.pipelines.services.approval_rules import MOST_NEEDED
from apps.portal.pages.executions import is_web_link
from apps.portal.pages.waiting import Jobs
from apps.portal.templatetags.portal_text import person
from apps.tenancy.models import Account

PAGE_SIZE = 20


@dataclass(frozen=True)
class Given:
    """An approval that somebody gave. `counts` is false where the rule bars a starter."""

    by: str
    at: datetime
    summary: str
    counts: bool


@dataclass(frozen=True)
class Approval:
    """`hindrance` says why who looks may not approve, and who may; they may reject all the same."""

    token: UUID
    instructions: str
    link: str
    needs_summary: bool
    asked: str
    given: tuple[Given, ...]
    hindrance: str


def approval_of(action: ActionExecution | None, jobs: Jobs, reader: str) -> Approval | None:
    """Return what a person is asked for, None where nobody is. Shapes: `reader` is the ARN of who looks."""
    job = jobs.get(action.pk) if action else None
    if action is None or job is None or job.performer != "person" or action.state != "InProgress":
        return None
    found = waiting_approvals(action.account, action.pipeline.name, [action])
    if not found:
        return None
    configuration = action.resolved_configuration
    link = configuration.get("ExternalEntityLink", "")
    (waiting,) = found
    return Approval(
        token=action.pk,
        instructions=configuration.get("CustomData", ""),
        link=link if is_web_link(link) else "",
        needs_summary=configuration.get("IsSummaryRequired", "").lower() == "true",
        asked=_asked(waiting),
        given=_given(waiting),
        hindrance=_hindrance(waiting, reader),
    )


def _given(waiting: WaitingApproval) -> tuple[Given, ...]:
    counted = waiting.tally.counted
    return tuple(Given(person(row.by), row.given_at, row.summary, row.by in counted) for row in waiting.given)


def _asked(waiting: WaitingApproval) -> str:
    """Say what the rule asks for, nothing where it asks for no more than AWS does."""
    tally, said = waiting.tally, []
    if tally.needed > 1:
        words = {"given": len(tally.counted), "needed": tally.needed}
        said.append(_("%(given)s of %(needed)s approvals given.") % words)
    if waiting.rule.not_the_starter:
        starters = ", ".join(person(arn) for arn in waiting.action.execution.started_by)
        if starters:
            said.append(_("Started by %(people)s, who may not approve it.") % {"people": starters})
        else:
            said.append(_("Nobody started it by hand, so every releaser may approve it."))
    return " ".join(said)


def _hindrance(waiting: WaitingApproval, reader: str) -> str:
    tally = waiting.tally
    if reader in tally.barred:
        return _("You started this execution, so another releaser has to approve it. You may reject it.")
    if reader in tally.counted:
        more = ngettext("%(more)s more is needed.", "%(more)s more are needed.", tally.missing)
        return f"{_('You have approved it.')} {more % {'more': tally.missing}}"
    return ""


@dataclass(frozen=True)
class WaitingLine:
    """An approval that waits. Shapes: `selector` is "<stage>/<action>"."""

    number: int
    stage: str
    action: str
    since: datetime
    expires_at: datetime
    asked: str
    given: tuple[Given, ...]

    @property
    def selector(self) -> str:
        return f"{self.stage}/{self.action}"


@dataclass(frozen=True)
class ApprovalsPage:
    """What the approvals of a pipeline ask for, and those that wait. `changed_by` is empty where nobody ever set it."""

    name: str
    sequence: int
    needed: int
    most: int
    not_the_starter: bool
    changed_by: str
    changed_at: datetime | None
    waiting: Page[WaitingLine]


def approvals_page(account: Account, name: str, *, token: str | None) -> ApprovalsPage:
    """Raises: PipelineNotFound, InvalidNextToken."""
    sequence = last_sequence(account)
    found = list_waiting_approvals(account, name, size=PAGE_SIZE, token=token)
    rule = approval_rule(account, name)
    return ApprovalsPage(
        name=name,
        sequence=sequence,
        needed=rule.needed,
        most=MOST_NEEDED,
        not_the_starter=rule.not_the_starter,
        changed_by=person(rule.changed_by),
        changed_at=rule.changed_at,
        waiting=Page([_line(row) for row in found.rows], found.next_token),
    )


def _line(waiting: WaitingApproval) -> WaitingLine:
    action = waiting.action
    return WaitingLine(
        number=action.execution.number,
        stage=action.stage,
        action=action.action,
        since=action.started_at,
        expires_at=waiting.expires_at,
        asked=_asked(waiting),
        given=_given(waiting),
    )
