"""Rule: looks at a CloudWatch alarm, and waits for it to change."""

from datetime import datetime, timedelta

from headrace_sdk import ActionTypeId, Failed, Property, Request, RuleProvider, Running, Succeeded, hookimpl
from headrace_sdk.patience import patiently

STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
LONGEST_WAIT_MINUTES = 86_400  # the longest timeoutInMinutes that a rule may have
LOOK_SECONDS = 15
REFUSED = "ConfigurationError"


class CloudWatchAlarm(RuleProvider):
    """Fails when the alarm is in a watched state at the end of the wait; without a wait, at once.

    It succeeds early in the state that is the reverse of what is watched: OK as a rule, ALARM where OK is watched.
    Watched are, unless AlarmStates says so, ALARM, and for a condition on failure all but ALARM: there the rule's
    success is what brings the rollback.
    Source: CodePipeline User Guide, CloudWatchAlarm rule; CloudWatch API Reference, DescribeAlarms.
    """

    rule_type = ActionTypeId("Rule", "AWS", "CloudWatchAlarm", "1")
    properties = (
        Property("AlarmName", required=True, help="The name of a metric or composite alarm."),
        Property("AlarmStates", help="States that fail the rule, with commas: ALARM, OK, INSUFFICIENT_DATA."),
        Property("WaitTime", help="How many minutes the alarm may take to leave those states. At once without it."),
    )
    timeout_seconds = LONGEST_WAIT_MINUTES * 60
    description = "Looks at a CloudWatch alarm, and waits for it to change."
    uses_aws = True

    def start(self, request: Request) -> Succeeded | Failed | Running:
        text = request.configuration.get("WaitTime", "0")
        if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= LONGEST_WAIT_MINUTES):
            return Failed(f"WaitTime is '{text}'. Give minutes, 0 to {LONGEST_WAIT_MINUTES}.", code=REFUSED)
        return self.look(request, request.clock.now() + timedelta(minutes=int(text)))

    def poll(self, request: Request, running: Running) -> Succeeded | Failed | Running:
        until = running.state.get("until")
        if not isinstance(until, str):
            return self.start(request)
        ends = datetime.fromisoformat(until)
        return patiently(running, lambda: self.look(request, ends))

    def look(self, request: Request, until: datetime) -> Succeeded | Failed | Running:
        """Raises AwsRefused, AwsNotConnected, PeerUnavailable."""
        name = request.configuration["AlarmName"]
        watched = watched_states(request)
        if not set(watched) <= set(STATES):
            return Failed(f"AlarmStates is '{','.join(watched)}'. Use {', '.join(STATES)}.", code=REFUSED)
        query = {"AlarmNames": [name], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
        answer = request.aws.call("cloudwatch", "describe_alarms", query)
        alarms = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
        if not alarms:
            return Failed(f"There is no alarm '{name}'. Check AlarmName and the rule's region.", code=REFUSED)
        state, now = str(alarms[0].get("StateValue", "")), request.clock.now()
        said = f"The alarm '{name}' is in the state {state}"
        if state == ("ALARM" if "OK" in watched else "OK") and state not in watched:
            return Succeeded(f"{said}.")
        if now >= until:
            return Failed(f"{said}.") if state in watched else Succeeded(f"{said}.")
        return Running(
            summary=f"{said}; it may change until {until:%Y-%m-%d %H:%M} UTC.",
            state={"until": until.isoformat()},
            poll_after_seconds=min(LOOK_SECONDS, (until - now).total_seconds()),
        )


def watched_states(request: Request) -> list[str]:
    default = "OK,INSUFFICIENT_DATA" if request.pipeline.condition == "ON_FAILURE" else "ALARM"
    named = request.configuration.get("AlarmStates", "").strip().strip("[]") or default
    return [word.strip().strip("\"'") for word in named.split(",")]


@hookimpl
def rule_providers() -> list[RuleProvider]:
    return [CloudWatchAlarm()]
