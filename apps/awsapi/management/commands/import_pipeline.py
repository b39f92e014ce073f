import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps import events
from apps.awsapi.shapes import parse_input
from apps.core import clock
from apps.core.arns import pipeline_arn, user_arn
from apps.core.errors import HeadraceError
from apps.core.tags import tags_of
from apps.pipelines import services
from apps.pipelines.importing import Imported, Surroundings, Unreadable, imported, read
from apps.pipelines.models import Pipeline
from apps.tenancy.models import Account


class Command(BaseCommand):
    help = (
        "Reads the pipelines of FILE: JSON of the API, or a CloudFormation template, which AWS CDK writes too. "
        "What a template says with functions is worked out as far as that goes without AWS; what is left is named, and "
        "nothing is imported until it is given with --set."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", help="the file, or - for standard input")
        parser.add_argument("--account", required=True, help="the 12-digit id of the account that gets the pipelines")
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter, resource or export of AWS's"
        )
        parser.add_argument("--stack", help="the name of the stack (default: the name of the file)")
        parser.add_argument("--without-encryption-keys", action="store_true", help="leave out AWS's encryption keys")
        parser.add_argument("--update", action="store_true", help="replace a pipeline of the same name")
        parser.add_argument("--dry-run", action="store_true", help="say what would be imported, and import nothing")

    def handle(self, *args, file: str, account: str, **options):
        owner = Account.objects.filter(number=account).first()
        if owner is None:
            raise CommandError(f"There is no account with the id {account}. Its id has 12 digits.")
        pipelines = self.pipelines(file, owner, options)
        if not pipelines:
            raise CommandError(f"{file}: the conditions of its pipelines do not hold, so there is none to import.")
        lines = [line for pipeline in pipelines for line in pipeline.missing]
        if lines:
            raise CommandError("\n".join([f"{file} leaves open what only AWS knows:", *dict.fromkeys(lines)]))
        for line in dict.fromkeys(line for pipeline in pipelines for line in pipeline.assumed):
            self.stdout.write(line)
        try:
            with events.transaction():
                for pipeline in pipelines:
                    self.keep(owner, pipeline, update=options["update"], dry=options["dry_run"])
        except HeadraceError as error:
            raise CommandError(f"{file}: {error.message}") from None

    def pipelines(self, file: str, owner: Account, options: dict) -> list[Imported]:
        pairs = [each.partition("=") for each in options["set"]]
        if faulty := [name for name, equals, _ in pairs if not equals]:
            raise CommandError(f"--set {faulty[0]} has no value. Write --set NAME=VALUE.")
        surroundings = Surroundings(
            account_number=owner.number,
            region=settings.REGION,
            stack=options["stack"] or Path(file).name.partition(".")[0] or "stack",
            given={name: value for name, _, value in pairs},
            keeps_encryption_keys=not options["without_encryption_keys"],
        )
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
            return imported(read(text), surroundings)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from None
        except Unreadable as error:
            raise CommandError(f"{file} cannot be imported: {error}") from None

    def keep(self, owner: Account, pipeline: Imported, *, update: bool, dry: bool) -> None:
        """Save a pipeline and close its gates in one transaction, so that nothing passes in between."""
        request = parse_input("CreatePipeline", {"pipeline": pipeline.declaration, "tags": pipeline.tags})
        declaration, now, by = request["pipeline"], clock.database_now(), user_arn(owner.number, "import")
        name = declaration["name"]
        if dry:
            self.stdout.write(f"{name} would be imported.")
            return
        if update and Pipeline.objects.for_account(owner).filter(name=name, deleted_at=None).exists():
            version = services.update_pipeline(owner, declaration, by=by, now=now)
        else:
            tags = tags_of(request.get("tags", []), arn=pipeline_arn(owner.number, name))
            version = services.create_pipeline(owner, declaration, tags=tags, by=by, now=now)
        for stage, reason in pipeline.disabled_transitions:
            named = {"pipelineName": name, "stageName": stage, "transitionType": "Inbound", "reason": reason}
            gate = parse_input("DisableStageTransition", named)
            services.set_transition(
                owner, name, gate["stageName"], "Inbound", enabled=False, reason=gate["reason"], by=by, now=now
            )
        self.stdout.write(f"{name} is imported, version {version.version}.")
