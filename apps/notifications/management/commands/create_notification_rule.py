import json

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.core.errors import HeadraceError
from apps.notifications.services import create_rule
from apps.tenancy.models import Account


class Command(BaseCommand):
    help = "Makes a notification rule and prints it. The secrets of new webhooks are shown once."

    def add_arguments(self, parser):
        parser.add_argument("account", help="the account's twelve digits")
        parser.add_argument("name", help="what people call the rule")
        parser.add_argument(
            "--event", action="append", default=[], help="an event type, such as "
            "codepipeline-pipeline-pipeline-execution-failed, or * for every event (default: *); may be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--target", action="append", default=[], required=True, help="a URL or an e-mail address; may be repeated"
        )
        parser.add_argument(
            "--pipeline", action="append", default=[], help="a pipeline's name, with * for any characters "
            "(default: all pipelines); may be repeated",
        )  # fmt: skip
        parser.add_argument("--detail", default="FULL", help="FULL (default) or BASIC")
        parser.add_argument("--secret", default="", help="sign with this secret, whsec_… (default: drawn)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, account: str, name: str, **options):
        owner = Account.objects.filter(number=account).first()
        if owner is None:
            raise CommandError(f"There is no account {account}.")
        try:
            made = create_rule(
                owner,
                name=name,
                event_types=options["event"] or ["*"],
                targets=options["target"],
                pipelines=options["pipeline"],
                detail=options["detail"],
                secret=options["secret"],
                now=clock.database_now(),
            )
        except HeadraceError as error:
            raise CommandError(error.message) from None
        shown = {
            "arn": made.rule.arn,
            "name": made.rule.name,
            "event_types": made.rule.event_types,
            "pipelines": made.rule.pipelines,
            "targets": options["target"],
            "secrets": dict(made.secrets),
        }
        if options["json"]:
            self.stdout.write(json.dumps(shown))
        else:
            self.stdout.write("\n".join(f"{key}: {value}" for key, value in shown.items()))
