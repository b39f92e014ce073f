import getpass
import json
import sys

from django.core.management.base import BaseCommand, CommandError

from apps.connections.hosts import Host
from apps.connections.selectors import connection_hook_url
from apps.connections.services import create_connection
from apps.core import clock
from apps.core.errors import HeadraceError
from apps.tenancy.models import Account


class Command(BaseCommand):
    help = (
        "Connects an account to a git host, and prints the connection's ARN with what to enter at the host. "
        "The webhook secret is shown once. A password is read from standard input, so that no list of processes has it."
    )

    def add_arguments(self, parser):
        parser.add_argument("account", help="the account's twelve digits")
        parser.add_argument("name", help="what people call the connection")
        parser.add_argument("--type", required=True, choices=list(Host), help="the kind of git host")
        parser.add_argument(
            "--url", default="", help="where the host is, https://… (default: the usual one of its kind)"
        )
        parser.add_argument("--username", default="", help="sign in with this name; the password is standard input")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, account: str, name: str, url: str, username: str, **options):
        owner = Account.objects.filter(number=account).first()
        if owner is None:
            raise CommandError(f"There is no account {account}.")
        password = self.password() if username else ""
        try:
            connection, secret = create_connection(
                owner,
                name=name,
                provider_type=options["type"],
                url=url,
                username=username,
                password=password,
                now=clock.database_now(),
            )
        except HeadraceError as error:
            raise CommandError(error.message) from None
        shown = {
            "arn": connection.arn,
            "provider_type": connection.provider_type,
            "url": connection.url,
            "webhook_url": connection_hook_url(connection),
            "webhook_secret": secret,
        }
        if options["json"]:
            self.stdout.write(json.dumps(shown))
        else:
            self.stdout.write("\n".join(f"{key}: {value}" for key, value in shown.items()))

    def password(self) -> str:
        """Read the password: asked for without an echo at a terminal, otherwise the first line of standard input."""
        return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
