"""Approvals that wait, what they ask for beyond AWS, and deciding them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core import clock
from apps.core.arns import user_arn
from apps.executions.selectors import WaitingApproval, find_action_execution, list_waiting_approvals
from apps.executions.services import decide_approval
from apps.pipelines.selectors import approval_rule, find_pipeline
from apps.pipelines.services import set_approval_rule
from apps.pipelines.services.approval_rules import MOST_NEEDED
from apps.restapi.guard import AccountView, user_of
from apps.restapi.paging import PageAsked, page_answer, page_asked
from apps.restapi.parsing import StrictSerializer, checked
from apps.restapi.schema import page_of
from apps.tenancy.roles import Role

NEEDED = "How many different people must approve."
NOT_THE_STARTER = "Whether who started the execution may not be one of them."


class ApprovalRuleAsked(StrictSerializer):
    needed = serializers.IntegerField(min_value=1, max_value=MOST_NEEDED, default=1, help_text=NEEDED)
    not_the_starter = serializers.BooleanField(default=False, help_text=NOT_THE_STARTER)


class ApprovalRuleShown(serializers.Serializer):
    needed = serializers.IntegerField(help_text=NEEDED)
    not_the_starter = serializers.BooleanField(help_text=NOT_THE_STARTER)
    changed_by = serializers.CharField(allow_blank=True, help_text="Empty where nobody ever set it.")
    changed_at = serializers.DateTimeField(allow_null=True)


class GivenShown(serializers.Serializer):
    by = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    given_at = serializers.DateTimeField()


class WaitingApprovalShown(serializers.Serializer):
    token = serializers.UUIDField(source="action.pk", help_text="What a decision and PutApprovalResult name.")
    execution_id = serializers.UUIDField(source="action.execution_id")
    stage = serializers.CharField(source="action.stage")
    action = serializers.CharField(source="action.action")
    since = serializers.DateTimeField(source="action.started_at")
    expires_at = serializers.DateTimeField()
    needed = serializers.IntegerField(source="tally.needed", help_text=NEEDED)
    missing = serializers.IntegerField(source="tally.missing", help_text="How many more that takes.")
    not_the_starter = serializers.BooleanField(source="rule.not_the_starter", help_text=NOT_THE_STARTER)
    started_by = serializers.ListField(
        child=serializers.CharField(), source="action.execution.started_by", help_text="Empty when no person did."
    )
    given = GivenShown(many=True)


class DecisionAsked(StrictSerializer):
    approved = serializers.BooleanField(help_text="False rejects, whoever approved before.")
    summary = serializers.CharField(max_length=512, default="", allow_blank=True, help_text="Why.")


class DecisionShown(serializers.Serializer):
    decided_at = serializers.DateTimeField(help_text="The moment of this person's answer.")


class ApprovalRuleDetail(AccountView):
    """What the approvals of a pipeline ask for beyond AWS. It holds at once, also for those that wait already."""

    needs = {"GET": Role.VIEWER, "PUT": Role.ADMIN}

    @extend_schema(responses=ApprovalRuleShown)
    def get(self, request: Request, account: str, pipeline: str) -> Response:
        found = find_pipeline(self.account, pipeline)
        return Response(ApprovalRuleShown(approval_rule(self.account, found.name)).data)

    @extend_schema(request=ApprovalRuleAsked, responses=ApprovalRuleShown)
    def put(self, request: Request, account: str, pipeline: str) -> Response:
        asked = checked(ApprovalRuleAsked, request)
        rule = set_approval_rule(
            self.account, pipeline, **asked, by=principal_of(self, request), now=clock.database_now()
        )
        return Response(ApprovalRuleShown(rule).data)


class Approvals(AccountView):
    """The approvals of a pipeline that wait, oldest first."""

    @extend_schema(parameters=[PageAsked], responses=page_of(WaitingApprovalShown))
    def get(self, request: Request, account: str, pipeline: str) -> Response:
        size, after = page_asked(request)
        found = list_waiting_approvals(self.account, pipeline, size=size, token=after)
        return Response(page_answer(found, shown))


class ApprovalDecision(AccountView):
    """Approve or reject, as PutApprovalResult does."""

    needs = {"POST": Role.RELEASER}

    @extend_schema(request=DecisionAsked, responses=DecisionShown)
    def post(self, request: Request, account: str, pipeline: str, action_execution_id: UUID) -> Response:
        asked = checked(DecisionAsked, request)
        found = find_pipeline(self.account, pipeline)
        action = find_action_execution(self.account, action_execution_id, pipeline=found)
        moment = decide_approval(
            self.account,
            pipeline,
            action.stage,
            action.action,
            token=action_execution_id,
            **asked,
            by=principal_of(self, request),
            now=clock.database_now(),
        )
        return Response({"decided_at": moment})


def shown(approval: WaitingApproval) -> dict[str, Any]:
    return dict(WaitingApprovalShown(approval).data)


def principal_of(view: AccountView, request: Request) -> str:
    return user_arn(view.account.number, user_of(request).username)
