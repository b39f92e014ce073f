"""The SDK's client of AWS: botocore writes, signs and reads; every byte goes through the guarded HTTP client.

botocore opens no socket and looks for no credentials here: the order's connection is all there is. What the machine's
own environment, files or metadata service hold for another purpose is not looked at.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from headrace_sdk import AwsNotConnected, AwsRefused, PeerUnavailable
from headrace_sdk.aws import NoAws
from headrace_sdk.request import Http

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

TRIES = 3  # of a call that is throttled or meets a fault of the service
LONGEST_MESSAGE = 500
CONNECTION = ("region", "access_key_id", "secret_access_key")
FILES = ("config_file", "credentials_file")


class GuardedAws:
    """Implements `headrace_sdk.Aws`.

    Shapes: `connection` has CONNECTION and perhaps `endpoint_url`, which then stands for every service. `http` makes a
    guarded client of so many seconds.
    """

    def __init__(self, connection: Mapping[str, str], http: Callable[[float], Http]) -> None:
        self._connection = connection
        self._http = http
        self._clients: dict[tuple[str, float], Any] = {}

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any], *, time_limit_seconds: float = 10
    ) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

        key = (service, time_limit_seconds)
        client = self._clients[key] = self._clients.get(key) or self._client(service, time_limit_seconds)
        what = f"{service} {client.meta.method_to_api_mapping[operation]}"
        try:
            answer = getattr(client, operation)(**parameters)
            return {
                name: value.read() if hasattr(value, "read") else value
                for name, value in answer.items()
                if name != "ResponseMetadata"
            }
        except ClientError as error:
            said, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            raise AwsRefused(what, str(said.get("Code", status)), _one_line(said.get("Message", "")), status) from None
        except ParamValidationError as error:
            raise AwsRefused(what, "ValidationException", _one_line(str(error))) from None
        except BotoCoreError as error:
            raise PeerUnavailable(f"{what} could not be made, or its answer not read: {error}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # what botocore makes of rubbish
            raise PeerUnavailable(f"The answer to {what} cannot be understood.") from error

    def _client(self, service: str, time_limit_seconds: float) -> Any:
        from botocore.config import Config

        connection = self._connection
        client = _session().create_client(
            service,
            region_name=connection["region"],
            endpoint_url=connection.get("endpoint_url") or None,
            aws_access_key_id=connection["access_key_id"],
            aws_secret_access_key=connection["secret_access_key"],
            config=Config(
                retries={"mode": "standard", "total_max_attempts": TRIES},
                ignore_configured_endpoint_urls=True,
                parameter_validation=True,
            ),
        )
        client.meta.events.register("before-send", Carrier(self._http(time_limit_seconds)))
        return client


class Carrier:
    """Sends what botocore signed, in botocore's stead: its event `before-send` takes an answer and then asks nobody."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def __call__(self, request: "AWSPreparedRequest", **event: Any) -> "AWSResponse":
        from botocore.awsrequest import AWSResponse

        body = request.body.encode() if isinstance(request.body, str) else request.body
        answer = self._http.request(
            str(request.method), str(request.url), headers=_headers(request), content=bytes(body or b"")
        )
        return AWSResponse(request.url, answer.status_code, dict(answer.headers), Raw(answer.content))


class Raw:
    """A body that is here already, as botocore reads one."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    def read(self, size: int | None = None) -> bytes:
        size = len(self._left) if size is None or size < 0 else size
        part, self._left = self._left[:size], self._left[size:]
        return part

    def stream(self, *arguments: Any, **options: Any) -> Iterator[bytes]:
        while part := self.read():
            yield part


def _one_line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_MESSAGE]


def _headers(request: "AWSPreparedRequest") -> dict[str, str]:
    told = {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in request.headers.items()}
    return {**told, "Accept-Encoding": "identity"}


@cache
def _session() -> Any:
    """Return a session that reads nothing of the machine's own AWS configuration."""
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as VARIABLES
    from botocore.session import Session

    defaults = {name: (None, None, default, convert) for name, (_, _, default, convert) in VARIABLES.items()}
    return Session(session_vars={**defaults, **dict.fromkeys(FILES, (None, None, None, None))})


def aws_of(connection: Mapping[str, str], http: Callable[[float], Http]) -> GuardedAws | NoAws:
    """Return the client of an order. Raises AwsNotConnected for half a connection."""
    if not connection:
        return NoAws()
    missing = [name for name in CONNECTION if not connection.get(name)]
    if missing:
        raise AwsNotConnected(f"The AWS connection of this account lacks {', '.join(missing)}.")
    return GuardedAws(connection, http)
