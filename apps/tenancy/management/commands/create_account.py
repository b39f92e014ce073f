import json

from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import HeadraceError
from apps.tenancy.services import create_account


class Command(BaseCommand):
    help = "Makes an account with its first admin and an access key, and prints them. The secrets are shown once."

    def add_arguments(self, parser):
        parser.add_argument("name", help="what people call the account")
        parser.add_argument("--username", help="sign-in name of its first admin (default: made from the name)")
        parser.add_argument("--number", help="the account's twelve digits, to keep an AWS account's (default: drawn)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, name: str, username: str | None, number: str | None, **options):
        try:
            made = create_account(name=name, username=username, number=number).as_json()
        except HeadraceError as error:
            raise CommandError(error.message) from None
        if options["json"]:
            self.stdout.write(json.dumps(made))
        else:
            self.stdout.write("\n".join(f"{key}: {value}" for key, value in made.items()))
