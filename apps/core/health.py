"""Is the process up, is it ready to serve, and the figures that a monitor scrapes."""

import shutil
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

FREE_DISK_BYTES = 64 * 1024**2

# Other apps add what they know: a name, and a function that returns its value now. Prometheus text, type gauge.
GAUGES: dict[str, tuple[str, Callable[[], float]]] = {}


def gauge(name: str, help_text: str, value: Callable[[], float]) -> None:
    """Show `value` in /metrics under `name`, and in /readyz."""
    GAUGES[name] = (help_text, value)


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers and the disk has room, 503 with the reason otherwise."""
    checks = {"database": _database(), "disk": _disk()}
    problems = {name: problem for name, problem in checks.items() if problem}
    facts: dict[str, object] = {"ready": not problems, "problems": problems}
    if not problems:
        facts |= {name: value() for name, (_, value) in GAUGES.items()}
    return JsonResponse(facts, status=503 if problems else 200)


def metrics(request: HttpRequest) -> HttpResponse:
    lines = []
    for name, (help_text, value) in GAUGES.items():
        lines += [f"# HELP {name} {help_text}", f"# TYPE {name} gauge", f"{name} {value()}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "The database does not answer."
    return ""


def _disk() -> str:
    free = shutil.disk_usage(settings.DATA_DIR).free
    return "" if free >= FREE_DISK_BYTES else f"Only {free // 1024**2} MiB are free where Headrace keeps its data."
