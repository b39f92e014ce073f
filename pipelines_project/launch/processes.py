"""What the product consists of at run time: the exact command of each process, in one table."""

from pipelines_project import env

from .database import manage
from .places import PYTHON
from .supervisor import Spec

APPLICATION = "pipelines_project.asgi:application"
CLOSE_SECONDS = "5"

SERVERS: dict[str, tuple[str, ...]] = {
    "daphne": (*("-m", "pipelines_project.server", "--host", "{host}", "--port", "{port}", APPLICATION),),
    "uvicorn": (
        *("-m", "uvicorn", "--host", "{host}", "--port", "{port}", "--log-level", "warning", "--no-access-log"),
        *("--no-proxy-headers", "--no-server-header", "--no-date-header", "--lifespan", "off"),
        # Of its parsers only h11 bounds a head; our application bounds bodies while it reads them.
        *("--http", "h11", "--h11-max-incomplete-event-size", "16384"),
        *("--timeout-keep-alive", "60", "--ws-max-size", "65536"),
        *("--timeout-graceful-shutdown", CLOSE_SECONDS, APPLICATION),
    ),
}


def specs(host: str, port: int) -> list[Spec]:
    """Return the processes that `run` supervises. Raises: env.SettingError for a server that is not in the table."""
    server = SERVERS[env.text("HEADRACE_SERVER", "daphne", choices=sorted(SERVERS))]
    return [
        Spec("web", [str(PYTHON), *(word.format(host=host, port=port) for word in server)]),
        Spec("worker", manage("run_worker")),
        Spec("queue", manage("run_queue")),
    ]
