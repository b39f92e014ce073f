import sys

from django.core.management.base import BaseCommand, CommandError

from apps.actions.services import delete_aws_connection, set_aws_connection
from apps.core import clock
from apps.core.errors import HeadraceError
from apps.tenancy.models import Account


class Command(BaseCommand):
    help = (
        "Sets the AWS credentials that an account's rules call AWS with. The secret is read from standard input, so "
        "that it stands in no list of processes and in no history. docs/plugins/aws.md explains it."
    )

    def add_arguments(self, parser):
        parser.add_argument("account", help="the account's 12-digit id")
        parser.add_argument("--region", help="where rules call AWS that name no region, as us-east-1")
        parser.add_argument("--access-key-id")
        parser.add_argument("--endpoint-url", default="", help="an endpoint for every service, instead of AWS's own")
        parser.add_argument("--remove", action="store_true", help="remove the connection")

    def handle(self, *args, account, region, access_key_id, endpoint_url, remove, **options):
        owner = Account.objects.filter(number=account).first()
        if owner is None:
            raise CommandError(f"There is no account {account}.")
        try:
            if remove:
                delete_aws_connection(owner)
                return
            if not region or not access_key_id:
                raise CommandError("Give --region and --access-key-id, or --remove.")
            set_aws_connection(
                owner,
                region=region,
                access_key_id=access_key_id,
                secret_access_key=sys.stdin.readline().strip(),
                endpoint_url=endpoint_url,
                now=clock.database_now(),
            )
        except HeadraceError as error:
            raise CommandError(error.message) from None
