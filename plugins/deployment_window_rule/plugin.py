"""Rule: waits until the time at which releases are allowed."""

from datetime import UTC, datetime

from headrace_sdk import ActionTypeId, Failed, Property, Request, RuleProvider, Running, Succeeded, hookimpl
from headrace_sdk.cron import CronRefused, parse
from headrace_sdk.cron_moments import next_opening
from headrace_sdk.zones import UnknownZone, zone_of

LONGEST_NAP_SECONDS = 3600  # so that a machine whose clock was wrong does not sleep through
CRON_HELP = "When releases are allowed: seconds minutes hours day-of-month month day-of-week, perhaps year."


class DeploymentWindow(RuleProvider):
    """Succeeds at the first moment that its cron expression names; it is not looked at again afterwards.

    Source: CodePipeline User Guide, DeploymentWindow rule.
    """

    rule_type = ActionTypeId("Rule", "AWS", "DeploymentWindow", "1")
    properties = (
        Property("Cron", required=True, help=CRON_HELP),
        Property("TimeZone", help="Region/City, an abbreviation or UTC+HH:MM. UTC unless it is given."),
    )
    timeout_seconds = 86_400 * 60  # the longest timeoutInMinutes that a rule may have
    description = "Waits until the deployment window opens."

    def start(self, request: Request) -> Succeeded | Failed | Running:
        zone_name = request.configuration.get("TimeZone", "")
        now = request.clock.now()
        try:
            zone = zone_of(zone_name)
            opens = next_opening(parse(request.configuration.get("Cron", "")), zone, now)
        except (CronRefused, UnknownZone) as refusal:
            return Failed(f"{str(refusal).rstrip('.')}.", code="ConfigurationError")
        if opens is None:
            return Failed("The deployment window never opens again. Change Cron.", code="ConfigurationError")
        if opens <= now:
            return Succeeded("The deployment window is open.")
        shown = f"{opens.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone_name or 'UTC'}"
        return waiting(opens, now, f"Waits for the deployment window, which opens {shown}.")

    def poll(self, request: Request, running: Running) -> Succeeded | Failed | Running:
        opens = running.state.get("opens_at")
        if not isinstance(opens, str):
            return self.start(request)
        moment, now = datetime.fromisoformat(opens), request.clock.now()
        return Succeeded("The deployment window opened.") if moment <= now else waiting(moment, now, running.summary)


def waiting(opens: datetime, now: datetime, summary: str) -> Running:
    seconds = min((opens - now).total_seconds(), LONGEST_NAP_SECONDS)
    state = {"opens_at": opens.astimezone(UTC).isoformat()}
    return Running(summary=summary, state=state, poll_after_seconds=seconds)


@hookimpl
def rule_providers() -> list[RuleProvider]:
    return [DeploymentWindow()]
