from django.core.management.base import BaseCommand

from apps.portal.demo.setup import demo_file, set_up_demo


class Command(BaseCommand):
    help = "Makes the demo account with its repository and pipeline, if they are not there, and writes demo.json."

    def handle(self, *args, **options):
        facts = set_up_demo()
        self.stdout.write(
            f"The demo pipeline '{facts['pipeline']}' is ready; {demo_file().name} says where things are."
        )
