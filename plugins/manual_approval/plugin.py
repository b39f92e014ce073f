"""Approval: a person decides whether the execution goes on."""

from headrace_sdk import ActionProvider, ActionTypeId, Performer, Property, hookimpl


class ManualApproval(ActionProvider):
    """A job for a person: it is decided on the page or with PutApprovalResult, and never started.

    Source: CodePipeline API Reference, PutApprovalResult; User Guide, manual approval action reference.
    """

    action_type = ActionTypeId("Approval", "AWS", "Manual", "1")
    properties = (
        Property("NotificationArn", maximum=1000, help="The topic that is told when an approval waits."),
        Property("ExternalEntityLink", type="url", maximum=1000, help="What is to be reviewed, as a link."),
        Property("CustomData", maximum=1000, help="What the reviewer should know or do."),
        Property("IsSummaryRequired", type="boolean", help="Whether the reviewer must write a comment."),
    )
    timeout_seconds = 7 * 24 * 3600
    performed_by = Performer.PERSON
    declaration_members = frozenset({"timeoutInMinutes"})
    description = "Waits for a person to approve or reject."


@hookimpl
def action_providers() -> list[ActionProvider]:
    return [ManualApproval()]
