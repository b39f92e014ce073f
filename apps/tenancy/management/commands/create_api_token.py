import json
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError

from apps.tenancy.errors import TooManyApiTokens
from apps.tenancy.models import Account, User
from apps.tenancy.roles import Role
from apps.tenancy.selectors import role_in
from apps.tenancy.services import create_api_token


class Command(BaseCommand):
    help = "Makes a token of a person for the REST API and prints it. It is shown once. docs/rest.md explains it."

    def add_arguments(self, parser):
        parser.add_argument("username", help="whose token it is")
        parser.add_argument("--account", help="the one account that it opens (default: all of the person's)")
        parser.add_argument("--role", choices=list(Role), default=Role.VIEWER, help="the most it may do")
        parser.add_argument("--days", type=int, default=90, help="how long it is good")
        parser.add_argument("--name", default="made by an operator", help="what it is for")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, username: str, account: str | None, role: str, days: int, name: str, **options):
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody signs in as '{username}'.")
        if days < 1:
            raise CommandError("A token is good for one day at least.")
        owner = None if account is None else Account.objects.filter(number=account).first()
        if account is not None and (owner is None or role_in(user, owner) is None):
            raise CommandError(f"'{username}' is no member of an account {account}.")
        lifetime = timedelta(days=days)
        try:
            made, text = create_api_token(user=user, name=name, role=Role(role), account=owner, lifetime=lifetime)
        except TooManyApiTokens as error:
            raise CommandError(error.message) from None
        self.stdout.write(json.dumps({"id": str(made.id), "token": text}) if options["json"] else text)
