from headrace_sdk import Performer
from headrace_sdk.testing import ProviderContract
from plugins.manual_approval.plugin import ManualApproval


class TestContract(ProviderContract):
    provider = ManualApproval()
    configuration = {"CustomData": "Look at the page.", "IsSummaryRequired": "true"}


def test_it_is_a_job_for_a_person_with_a_week_of_time():
    provider = ManualApproval()
    assert provider.performed_by is Performer.PERSON
    assert provider.timeout_seconds == 604_800
    assert provider.declaration_members == {"timeoutInMinutes"}
