"""Headers of an answer, several at once."""

from collections.abc import Mapping

from django.http import HttpResponse


def add_headers(response: HttpResponse, headers: Mapping[str, str]) -> HttpResponse:
    for name, value in headers.items():
        response[name] = value
    return response
