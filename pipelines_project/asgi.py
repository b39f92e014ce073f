"""What answers a connection: the wire API, the artifact endpoint and STS, pages by Django, sockets by Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines_project.settings.product")

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

pages = get_asgi_application()  # before anything that imports models

from apps.awsapi.asgi import WireApi  # noqa: E402
from apps.awsapi.s3.asgi import S3Endpoint  # noqa: E402
from apps.awsapi.sts.asgi import Sts  # noqa: E402
from apps.core.asgi import FirstThatTakesIt, on_lasting_threads  # noqa: E402
from apps.live.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": FirstThatTakesIt(S3Endpoint(), Sts(), WireApi(), otherwise=on_lasting_threads(pages)),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
