import json

from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import HeadraceError
from apps.core.tags import as_pairs
from apps.pipelines.importing import as_template
from apps.pipelines.selectors import current_version, pipeline_with_transitions
from apps.tenancy.models import Account

FORMATS = ("json", "cloudformation")


class Command(BaseCommand):
    help = (
        "Prints a pipeline as the input of CreatePipeline, or as a CloudFormation template. "
        "Secrets are printed as ****: give them again before you import it."
    )

    def add_arguments(self, parser):
        parser.add_argument("name", help="the pipeline")
        parser.add_argument("--account", required=True, help="the 12-digit id of its account")
        parser.add_argument("--format", choices=FORMATS, default="json")

    def handle(self, *args, name: str, account: str, format: str, **options):
        owner = Account.objects.filter(number=account).first()
        if owner is None:
            raise CommandError(f"There is no account with the id {account}. Its id has 12 digits.")
        try:
            pipeline, gates = pipeline_with_transitions(owner, name)
        except HeadraceError as error:
            raise CommandError(error.message) from None
        declaration, tags = current_version(pipeline).declaration, as_pairs(pipeline.tags)
        if format == "json":
            self.stdout.write(json.dumps({"pipeline": declaration, "tags": tags}, indent=2, ensure_ascii=False))
            return
        closed = [
            (stage, gate.reason)
            for (stage, side), gate in sorted(gates.items())
            if side == "Inbound" and not gate.enabled
        ]
        self.stdout.write(as_template(declaration, tags, closed), ending="")
