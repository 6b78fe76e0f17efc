"""The site as an ASGI application: pages, the page's socket, and the sandbox channel."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")

from django.core.asgi import get_asgi_application

pages = get_asgi_application()

# After get_asgi_application: these need the apps to be loaded.
from channels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from django.urls import path

from playground.runs.consumers import RunConsumer
from playground.runs.embedded import with_embedded_worker
from playground.runs.worker import CHANNEL, SandboxConsumer

# Channels takes consumers where Django's own types know views alone.
routes = URLRouter([path("ws/runs/", RunConsumer.as_asgi())])  # type: ignore[arg-type, list-item]
sockets = AllowedHostsOriginValidator(SessionMiddlewareStack(routes))
router = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": sockets,
        "channel": ChannelNameRouter({CHANNEL: SandboxConsumer.as_asgi()}),
    }
)
application = with_embedded_worker(router)
