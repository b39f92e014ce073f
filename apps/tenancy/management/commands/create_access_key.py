import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import HeadraceError
from apps.tenancy.models import Account
from apps.tenancy.policy import load_document
from apps.tenancy.roles import Role
from apps.tenancy.services import create_access_key


class Command(BaseCommand):
    help = "Makes an access key of an account and prints it. Its secret is shown once. docs/access-keys.md explains it."

    def add_arguments(self, parser):
        parser.add_argument("account", help="the account's 12-digit id")
        parser.add_argument("--principal", default="key", help="the user name that events and history show")
        grant = parser.add_mutually_exclusive_group(required=True)
        grant.add_argument("--role", choices=list(Role))
        grant.add_argument("--policy", metavar="FILE", help="a file with an IAM-style policy document; - reads stdin")
        grant.add_argument(
            "--worker", nargs="+", default=[], metavar="TYPE", help="action types to poll for: Build/Custom/Jenkins/1"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, account: str, principal: str, role: str | None, policy: str | None, worker, **options):
        owner = Account.objects.filter(number=account).first()
        if owner is None:
            raise CommandError(f"There is no account {account}.")
        try:
            document = None if policy is None else load_document(_read(policy))
            key, secret = create_access_key(
                account=owner, principal=principal, role=role, policy=document, action_types=worker
            )
        except HeadraceError as error:
            raise CommandError(error.message) from None
        made = {"account_id": owner.number, "access_key_id": key.key_id, "secret_access_key": secret}
        if options["json"]:
            self.stdout.write(json.dumps(made))
        else:
            self.stdout.write("\n".join(f"{name}: {value}" for name, value in made.items()))


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The policy document '{name}' cannot be read: {error}") from None
