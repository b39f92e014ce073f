"""The steps of the walk, in their order: the same calls with the same expectations, whichever client makes them."""

from collections.abc import Callable, Mapping
from typing import Final

from tests.compat.clients.steps import control, publishing, release, surroundings
from tests.compat.clients.walk import Walk

STEPS: Final[Mapping[str, Callable[[Walk], None]]] = {
    "declare an action type": release.declare,
    "create a pipeline": release.create,
    "read it": release.read,
    "catch typed exceptions": release.catch,
    "approve": release.approve,
    "poll, acknowledge and finish a job": release.work,
    "start": release.start,
    "go over the pages of lists": release.paginate,
    "stop": control.stop,
    "fail a job and retry": control.fail_and_retry,
    "roll back": control.roll_back,
    "override a condition": control.override,
    "close and open a transition": control.transitions,
    "read the history": control.history,
    "update": control.update,
    "report a revision": surroundings.revision,
    "tag and untag": surroundings.tags,
    "read the catalogue of types": surroundings.catalogue,
    "put, register and delete a webhook": surroundings.webhooks,
    "list the targets of a deployment": surroundings.targets,
    "change an offered action type": publishing.change_offered_type,
    "do third-party jobs": publishing.third_party_jobs,
    "delete": release.delete,
}
# Steps that are about one operation, for clients that are older than it.
NEEDS: Final[Mapping[str, str]] = {"list the targets of a deployment": "ListDeployActionExecutionTargets"}
