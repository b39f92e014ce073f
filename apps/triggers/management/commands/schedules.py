import json

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.core.errors import HeadraceError
from apps.tenancy.models import Account
from apps.triggers.models import Schedule
from apps.triggers.services import delete_schedule, put_schedule

BY = "manage.py schedules"


class Command(BaseCommand):
    help = "Lists, makes or deletes what starts pipelines by the clock. docs/triggers.md explains it."

    def add_arguments(self, parser):
        parser.add_argument("--account", required=True, help="the 12-digit id of the account")
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="print a JSON object a line")
        delete = verbs.add_parser("delete", help="delete one")
        delete.add_argument("name")
        put = verbs.add_parser("put", help="make one, or say anew what it does")
        put.add_argument("name")
        put.add_argument("pipeline", help="the pipeline that it starts")
        put.add_argument("expression", help="cron(0 9 ? * MON-FRI *) or rate(12 hours)")
        put.add_argument("--time-zone", default="UTC", help="whose clock a cron expression goes by: Europe/Berlin")
        put.add_argument("--variable", action="append", default=[], help="NAME=VALUE of a pipeline variable")
        put.add_argument("--off", action="store_true", help="do not start anything until it is put again without this")

    def handle(self, *args, account: str, verb: str, **options):
        owner = Account.objects.filter(number=account).first()
        if owner is None:
            raise CommandError(f"There is no account with the id {account}. Its id has 12 digits.")
        try:
            getattr(self, f"_{verb}")(owner, options)
        except HeadraceError as error:
            raise CommandError(error.message) from None

    def _list(self, account, options):
        for schedule in Schedule.objects.for_account(account).order_by("name"):
            self._print(schedule)

    def _delete(self, account, options):
        delete_schedule(account, options["name"])

    def _put(self, account, options):
        schedule, _ = put_schedule(
            account,
            options["name"],
            pipeline_name=options["pipeline"],
            expression=options["expression"],
            time_zone=options["time_zone"],
            variables=_pairs(options["variable"]),
            is_enabled=not options["off"],
            by=BY,
            now=clock.database_now(),
        )
        self._print(schedule)

    def _print(self, schedule):
        shown = ("name", "pipeline_name", "expression", "time_zone", "variables", "is_enabled", "next_start_at")
        facts = {name: getattr(schedule, name) for name in (*shown, "error_message")}
        self.stdout.write(json.dumps(facts, default=str, ensure_ascii=False))


def _pairs(given: list[str]) -> dict[str, str]:
    for text in given:
        if "=" not in text:
            raise CommandError(f"'{text}' is no variable. Write NAME=VALUE.")
    return dict(text.split("=", 1) for text in given)
