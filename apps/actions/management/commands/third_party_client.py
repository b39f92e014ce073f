import json

from django.core.management.base import BaseCommand, CommandError

from apps.actions.services import register_client
from apps.core import clock
from apps.core.errors import HeadraceError
from apps.core.ids import new_token as random_token
from apps.tenancy.models import Account
from headrace_sdk import ActionTypeId

LONGEST_TOKEN = 256


class Command(BaseCommand):
    help = (
        "Registers an account as a client of a third-party action type, unless it is one, and prints its clientId and "
        "clientToken. The publisher's job workers look the token up by the id."
    )

    def add_arguments(self, parser):
        parser.add_argument("account", help="the 12-digit id of the account whose pipelines use the action type")
        parser.add_argument("action_type", help="Category/ThirdParty/Provider/Version")
        given = parser.add_mutually_exclusive_group()
        given.add_argument("--token", help=f"the token to use from now on, at most {LONGEST_TOKEN} characters")
        given.add_argument("--new-token", action="store_true", help="replace the token by a random one")

    def handle(self, *args, account: str, action_type: str, token: str | None, new_token: bool, **options):
        if token is not None and not 1 <= len(token) <= LONGEST_TOKEN:
            raise CommandError(f"A client token has 1 to {LONGEST_TOKEN} characters.")
        try:
            customer = Account.objects.get(number=account)
            wanted = random_token() if new_token else token
            client = register_client(customer, ActionTypeId.parse(action_type), now=clock.database_now(), token=wanted)
        except Account.DoesNotExist:
            raise CommandError(f"There is no account with the id {account}. Its id has 12 digits.") from None
        except (ValueError, HeadraceError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(json.dumps({"clientId": str(client.client_id), "clientToken": client.get_token()}))
