"""The front door: to the account that a person is a member of, or to the choice of one."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.portal.membership import signed_in
from apps.tenancy.selectors import accounts_of


@require_safe
@login_required
def front_door(request: HttpRequest) -> HttpResponse:
    accounts = accounts_of(signed_in(request))
    if len(accounts) == 1:
        return redirect("portal:home", account=accounts[0].number)
    return render(request, "portal/pages/accounts.html", {"accounts": accounts})
