"""Starts the server: `python -m pipelines_project.server --host HOST --port PORT MODULE:APPLICATION`."""

import argparse
import os
import sys
from importlib import import_module

import daphne.server  # noqa: F401  it chooses Twisted's event loop, and must be first to do so
import django
from daphne.endpoints import build_endpoint_description_strings


def main() -> int:
    options = parser().parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines_project.settings.product")
    django.setup()
    from django.conf import settings

    from pipelines_project.server.bounds import Bounds
    from pipelines_project.server.serving import Server

    sys.path.insert(0, os.getcwd())
    module, _, name = options.application.partition(":")
    application = getattr(import_module(module), name)
    bounds = Bounds(
        body_bytes=settings.AWSAPI_BODY_LIMIT_BYTES,
        artifact_bytes=settings.ARTIFACT_LIMIT_BYTES,
        connections_per_address=settings.CONNECTIONS_PER_ADDRESS,
        head_seconds=options.head_seconds,
        silence_seconds=options.silence_seconds,
    )
    endpoints = build_endpoint_description_strings(host=options.host, port=options.port)
    return Server(application, endpoints, bounds).run()


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m pipelines_project.server", description=__doc__)
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=8000)
    made.add_argument("--head-seconds", type=float, default=30, help="how long the head of a request may take")
    made.add_argument("--silence-seconds", type=float, default=60, help="pause between two parts of a body")
    made.add_argument("application", help="MODULE:NAME of an ASGI application")
    return made


if __name__ == "__main__":
    sys.exit(main())
