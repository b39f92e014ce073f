"""What Django itself refuses, before any view: as a problem document below /api/v1/, as a page elsewhere."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from apps.restapi.problems import UNFORESEEN, problem_response

PREFIX = "/api/v1/"
Handler = Callable[..., HttpResponse]


def _below_the_api(status: int, detail: str) -> Callable[[Handler], Handler]:
    def decorate(page: Handler) -> Handler:
        @wraps(page)
        def handled(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.path_info.startswith(PREFIX):
                return problem_response(status, detail)
            return page(request, *args, **kwargs)

        return handled

    return decorate


bad_request = _below_the_api(400, "The request cannot be read.")(defaults.bad_request)
permission_denied = _below_the_api(403, "You may not do this.")(defaults.permission_denied)
page_not_found = _below_the_api(404, "There is nothing here that you may see.")(defaults.page_not_found)
server_error = _below_the_api(500, UNFORESEEN)(defaults.server_error)
