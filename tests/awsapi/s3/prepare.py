"""Run as a program: makes the database of the server tests and prints its accounts and credentials as JSON."""

import json

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import override_settings  # noqa: E402

from apps.core.ids import new_id  # noqa: E402
from apps.tenancy import services  # noqa: E402
from apps.tenancy.credentials import issue_artifact_credentials  # noqa: E402
from apps.tenancy.models import Account  # noqa: E402
from apps.tenancy.roles import Role  # noqa: E402
from tests.awsapi.s3.running import BUCKET  # noqa: E402


def key(account: Account, role: Role) -> list[str]:
    made, secret = services.create_access_key(account=account, principal=role.value, role=role)
    return [made.key_id, secret]


def job(account: Account) -> list[str]:
    made = issue_artifact_credentials(
        account, job_id=new_id(), readable=[(BUCKET, "web/source/in.zip")], writable=[(BUCKET, "web/build/out.zip")]
    )
    return [made.access_key_id, made.secret_access_key, made.session_token]


def main() -> None:
    call_command("migrate", verbosity=0, skip_checks=True)
    acme, umbrella = Account.objects.create(name="Acme"), Account.objects.create(name="Umbrella")
    revoked = key(acme, Role.ADMIN)
    services.revoke_access_key(account=acme, key_id=revoked[0])
    found = {
        "admin": key(acme, Role.ADMIN),
        "viewer": key(acme, Role.VIEWER),
        "stranger": key(umbrella, Role.ADMIN),
        "revoked": revoked,
        "job": job(acme),
        "other job": job(acme),
        "foreign job": job(umbrella),
    }
    with override_settings(ARTIFACT_CREDENTIAL_SECONDS=-1):
        found["expired job"] = job(acme)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
