"""From a signed request to its caller."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.awsapi.errors import AwsError
from apps.awsapi.sigv4 import SignatureError, SignedRequest, parse_authorization, verify
from apps.tenancy.errors import ExpiredSessionToken, InvalidSessionToken, UnknownAccessKey

SERVICE = "codepipeline"
# Stands in for the secret of a key that does not exist, so that the answer takes the same work.
DUMMY_SECRET = "the secret of no access key at all, at the usual length"

FindCredentials = Callable[[str, str | None], Any]


@dataclass(frozen=True)
class Signers:
    """Where signers are looked up, and what they must have signed for."""

    find: FindCredentials
    clock: Callable[[], datetime]
    region: str
    service: str = SERVICE

    def authenticate(self, request: SignedRequest) -> Any:
        """Return the credentials that signed the request.

        Raises: SignatureError, UnknownAccessKey, InvalidSessionToken, ExpiredSessionToken, AwsError (credentials
        that open the artifacts of one job are refused).
        """
        authorization = parse_authorization(request)
        now = self.clock()
        try:
            credentials = self.find(authorization.access_key_id, authorization.session_token)
        except (UnknownAccessKey, InvalidSessionToken, ExpiredSessionToken):
            with suppress(SignatureError):
                verify(request, authorization, secret=DUMMY_SECRET, now=now, region=self.region, service=self.service)
            raise
        verify(request, authorization, secret=credentials.secret, now=now, region=self.region, service=self.service)
        if credentials.artifact_scope is not None:
            raise AwsError("AccessDeniedException", "These credentials open the artifacts of one job and nothing else.")
        return credentials
