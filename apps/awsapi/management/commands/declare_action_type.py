import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from apps.actions import services
from apps.awsapi.shapes import parse_input
from apps.core import clock
from apps.core.errors import HeadraceError
from apps.tenancy.models import Account


class Command(BaseCommand):
    help = (
        "Declares an action type that one account offers to others: FILE holds the actionType of UpdateActionType as "
        "JSON. Its publisher changes it later with UpdateActionType."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", help="a JSON file with an ActionTypeDeclaration, or - for standard input")
        parser.add_argument("--publisher", required=True, help="the 12-digit id of the account that offers it")

    def handle(self, *args, file: str, publisher: str, **options):
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
            declaration = parse_input("UpdateActionType", {"actionType": json.loads(text)})["actionType"]
            account = Account.objects.get(number=publisher)
            row = services.declare_third_party_action_type(account, declaration, now=clock.database_now())
        except (OSError, ValueError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from None
        except Account.DoesNotExist:
            raise CommandError(f"There is no account with the id {publisher}. Its id has 12 digits.") from None
        except HeadraceError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{row} is declared.")
