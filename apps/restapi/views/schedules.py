"""What starts pipelines by the clock."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core import clock
from apps.core.arns import user_arn
from apps.restapi.guard import AccountView, user_of
from apps.restapi.paging import PageAsked, page_answer, page_asked
from apps.restapi.parsing import StrictSerializer, checked
from apps.restapi.schema import page_of
from apps.tenancy.roles import Role
from apps.triggers import services
from apps.triggers.selectors import find_schedule, list_schedules

EXPRESSION = "cron(0 9 ? * MON-FRI *) or rate(12 hours), in AWS's grammar."
ZONE = "Whose clock a cron expression goes by: Europe/Berlin, UTC+05:30."
VARIABLES = "Values of the pipeline's variables, by name."


class ScheduleShown(serializers.Serializer):
    name = serializers.CharField()
    arn = serializers.CharField(help_text="What executions that it starts show as their trigger's detail.")
    pipeline = serializers.CharField(source="pipeline_name")
    expression = serializers.CharField(help_text=EXPRESSION)
    time_zone = serializers.CharField(help_text=ZONE)
    variables = serializers.DictField(child=serializers.CharField(), help_text=VARIABLES)
    is_enabled = serializers.BooleanField()
    next_start_at = serializers.DateTimeField(allow_null=True, help_text="Null when it is off, or never comes again.")
    last_start_at = serializers.DateTimeField(allow_null=True)
    last_execution_id = serializers.UUIDField(allow_null=True)
    error_code = serializers.CharField(help_text="Why the last start did not come about; empty when it did.")
    error_message = serializers.CharField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()


class ScheduleAsked(StrictSerializer):
    pipeline = serializers.CharField(max_length=100)
    expression = serializers.CharField(max_length=256, help_text=EXPRESSION)
    time_zone = serializers.CharField(max_length=50, default="UTC", help_text=ZONE)
    variables = serializers.DictField(
        child=serializers.CharField(max_length=1000, trim_whitespace=False), default=dict, help_text=VARIABLES
    )
    is_enabled = serializers.BooleanField(default=True)


class Schedules(AccountView):
    """The schedules of an account, by name."""

    @extend_schema(parameters=[PageAsked], responses=page_of(ScheduleShown))
    def get(self, request: Request, account: str) -> Response:
        size, after = page_asked(request)
        found = list_schedules(self.account, size=size, token=after)
        return Response(page_answer(found, lambda row: ScheduleShown(row).data))


class ScheduleDetail(AccountView):
    """One schedule. `PUT` makes it, or says anew what it does."""

    needs = {"GET": Role.VIEWER, "PUT": Role.DEVELOPER, "DELETE": Role.DEVELOPER}

    @extend_schema(responses=ScheduleShown)
    def get(self, request: Request, account: str, name: str) -> Response:
        return Response(ScheduleShown(find_schedule(self.account, name)).data)

    @extend_schema(request=ScheduleAsked, responses={200: ScheduleShown, 201: ScheduleShown})
    def put(self, request: Request, account: str, name: str) -> Response:
        asked = checked(ScheduleAsked, request)
        schedule, is_new = services.put_schedule(
            self.account,
            name,
            pipeline_name=asked.pop("pipeline"),
            **asked,
            by=user_arn(self.account.number, user_of(request).username),
            now=clock.database_now(),
        )
        return Response(ScheduleShown(schedule).data, 201 if is_new else 200)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, account: str, name: str) -> Response:
        services.delete_schedule(self.account, name)
        return Response(status=204)
