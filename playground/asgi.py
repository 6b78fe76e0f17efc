"""The site as an ASGI application: pages, the page's socket, and the sandbox channel."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")

from django.core.asgi import get_asgi_application

pages = get_asgi_application()

# After get_asgi_application: these need the apps to be loaded.
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import WebsocketDenier
from channels.sessions import SessionMiddlewareStack
from django.urls import path, re_path

from playground.operating.bodies import bound_bodies
from playground.operating.checks import refuse_unsafe
from playground.runs.consumers import RunConsumer
from playground.runs.embedded import with_embedded_worker
from playground.runs.worker import SandboxConsumer
from playground.teams.consumers import PackConsumer, TeamConsumer

refuse_unsafe()  # a broken pack as well is heard of at once

# Each is a SiteConsumer, which asks whose page it is; where there is none, nobody is let in.
# Channels takes consumers where Django's own types know views alone.
routes = URLRouter(
    [
        path("ws/runs/", RunConsumer.as_asgi()),  # type: ignore[arg-type, list-item]
        path("ws/teams/<slug:team>/", TeamConsumer.as_asgi()),  # type: ignore[arg-type, list-item]
        path("ws/teams/<slug:team>/packs/<int:version>/", PackConsumer.as_asgi()),  # type: ignore[arg-type, list-item]
        re_path("", WebsocketDenier.as_asgi()),  # type: ignore[arg-type, list-item]
    ]
)
sockets = SessionMiddlewareStack(routes)
router = ProtocolTypeRouter(
    {
        "http": bound_bodies(pages),
        "websocket": sockets,
        # Under whatever name a worker listens.
        "channel": SandboxConsumer.as_asgi(),
    }
)
application = with_embedded_worker(router)
