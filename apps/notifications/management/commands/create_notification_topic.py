import json

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.core.errors import HeadraceError
from apps.notifications.services import create_topic
from apps.tenancy.models import Account


class Command(BaseCommand):
    help = "Makes a topic that approvals may name, and prints it. The secrets of new webhooks are shown once."

    def add_arguments(self, parser):
        parser.add_argument("account", help="the account's twelve digits")
        parser.add_argument("name", help="the last part of the topic's ARN")
        parser.add_argument(
            "--target", action="append", default=[], required=True, help="a URL or an e-mail address; may be repeated"
        )
        parser.add_argument("--secret", default="", help="sign with this secret, whsec_… (default: drawn)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, account: str, name: str, target: list[str], secret: str, **options):
        owner = Account.objects.filter(number=account).first()
        if owner is None:
            raise CommandError(f"There is no account {account}.")
        try:
            made = create_topic(owner, name=name, targets=target, secret=secret, now=clock.database_now())
        except HeadraceError as error:
            raise CommandError(error.message) from None
        shown = {"arn": made.topic.arn, "targets": target, "secrets": dict(made.secrets)}
        if options["json"]:
            self.stdout.write(json.dumps(shown))
        else:
            self.stdout.write("\n".join(f"{key}: {value}" for key, value in shown.items()))
