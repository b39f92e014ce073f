import pytest

from headrace_sdk import Failed, PeerUnavailable, PipelineContext, Running, Succeeded
from headrace_sdk.patience import MOST_MISSES
from headrace_sdk.testing import make_request, run_action
from headrace_sdk.testing.run import step
from plugins.cloud_watch_alarm_rule.plugin import CloudWatchAlarm

from .aws_peers import AwsRuleContract, asking, refusal, told

GONE = PeerUnavailable("The peer cannot be reached.")


def alarm(state: str, kind: str = "MetricAlarms"):
    return told({kind: [{"AlarmName": "errors", "StateValue": state}]})


class TestContract(AwsRuleContract):
    provider = CloudWatchAlarm()
    configuration = {"AlarmName": "errors"}
    answers = (alarm("OK"),)


class TestContractWhileItWaits(TestContract):
    configuration = {"AlarmName": "errors", "WaitTime": "20"}
    answers = (alarm("ALARM"),)


def started(tmp_path, state: str, *, condition: str = "", **configuration: str):
    context = PipelineContext("Shop", "Ship", "Alarm", "e", "a", condition)
    request, _ = asking(tmp_path, {"AlarmName": "errors", **configuration}, alarm(state), pipeline=context)
    return type(step(CloudWatchAlarm(), "start", request))


@pytest.mark.parametrize(
    ("states", "condition", "ok", "alarmed", "unknown"),
    [
        ("", "BEFORE_ENTRY", Succeeded, Failed, Succeeded),
        ("", "ON_SUCCESS", Succeeded, Failed, Succeeded),
        ("ALARM", "ON_FAILURE", Succeeded, Failed, Succeeded),
        ("", "ON_FAILURE", Failed, Succeeded, Failed),
        ("ALARM, INSUFFICIENT_DATA", "BEFORE_ENTRY", Succeeded, Failed, Failed),
        ('["OK"]', "BEFORE_ENTRY", Failed, Succeeded, Succeeded),
        ("ALARM,OK,INSUFFICIENT_DATA", "BEFORE_ENTRY", Failed, Failed, Failed),
    ],
)
def test_without_a_wait_the_state_decides_at_once(tmp_path, states, condition, ok, alarmed, unknown):
    named = {"AlarmStates": states} if states else {}
    found = [started(tmp_path, state, condition=condition, **named) for state in ("OK", "ALARM", "INSUFFICIENT_DATA")]
    assert found == [ok, alarmed, unknown]


@pytest.mark.parametrize(
    ("state", "states", "expected"),
    [
        ("OK", "ALARM", Succeeded),
        ("ALARM", "ALARM", Running),
        ("INSUFFICIENT_DATA", "ALARM", Running),
        ("ALARM", "OK", Succeeded),
        ("OK", "OK", Running),
    ],
)
def test_with_a_wait_only_the_reverse_of_what_is_watched_ends_it_early(tmp_path, state, states, expected):
    assert started(tmp_path, state, AlarmStates=states, WaitTime="20") is expected


def waited(tmp_path, *answers):
    request, peer = asking(tmp_path, {"AlarmName": "errors", "WaitTime": "20"}, *answers)
    return run_action(CloudWatchAlarm(), request), peer


@pytest.mark.parametrize("kind", ["MetricAlarms", "CompositeAlarms"])
def test_an_alarm_that_calms_down_in_time_lets_pass(tmp_path, kind):
    run, _ = waited(tmp_path, alarm("ALARM", kind), alarm("INSUFFICIENT_DATA", kind), alarm("OK", kind))
    assert (run.result.summary, run.polls) == ("The alarm 'errors' is in the state OK.", 2)


def test_an_alarm_that_goes_on_fails_after_the_wait_and_not_before(tmp_path):
    run, _ = waited(tmp_path, alarm("ALARM"))
    assert (run.result.message, run.polls) == ("The alarm 'errors' is in the state ALARM.", 20 * 60 / 15)


def test_an_alarm_without_data_passes_after_the_wait(tmp_path):
    run, _ = waited(tmp_path, alarm("INSUFFICIENT_DATA"))
    assert (type(run.result), run.polls) == (Succeeded, 20 * 60 / 15)


def test_aws_may_be_away_for_a_moment_while_an_alarm_is_watched(tmp_path):
    busy = [refusal("ThrottlingException", "Not now.")] * 3  # one call, with its repetitions
    run, _ = waited(tmp_path, alarm("ALARM"), GONE, *busy, GONE, alarm("OK"))
    assert (type(run.result), run.polls) == (Succeeded, 4)


def test_aws_that_stays_away_fails_the_rule(tmp_path):
    run, peer = waited(tmp_path, alarm("ALARM"), GONE)
    assert (run.result.code, run.result.message) == ("SystemUnavailable", "The peer cannot be reached.")
    assert len(peer.requests) == 1 + MOST_MISSES


def test_a_refusal_that_will_not_pass_fails_the_rule_at_once(tmp_path):
    run, _ = waited(tmp_path, alarm("ALARM"), refusal("AccessDenied", "No.", 403))
    assert (run.result.code, run.polls) == ("PermissionError", 1)


@pytest.mark.parametrize(
    ("configuration", "said"),
    [
        ({"WaitTime": "soon"}, "WaitTime is 'soon'"),
        ({"WaitTime": "-1"}, "WaitTime is '-1'"),
        ({"WaitTime": "86401"}, "WaitTime is '86401'"),
        ({"AlarmStates": "RED"}, "AlarmStates is 'RED'"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(tmp_path, configuration, said):
    request, peer = asking(tmp_path, {"AlarmName": "errors", **configuration}, alarm("OK"))
    result = run_action(CloudWatchAlarm(), request).result
    assert (result.code, result.message.startswith(said), peer.requests) == ("ConfigurationError", True, [])


def test_an_alarm_that_does_not_exist_is_named(tmp_path):
    run, _ = waited(tmp_path, told({"MetricAlarms": [], "CompositeAlarms": []}))
    assert run.result.message == "There is no alarm 'errors'. Check AlarmName and the rule's region."


def test_an_account_without_a_connection_is_told_so(tmp_path):
    result = run_action(CloudWatchAlarm(), make_request(tmp_path, {"AlarmName": "errors"})).result
    assert (result.code, "no AWS connection" in result.message) == ("ConfigurationError", True)
