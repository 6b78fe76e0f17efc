"""Sign in with an OpenID Connect provider, over HTTP; attempts counted in Redis."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from playground.accounts.models import User
from playground.runs.models import Recording
from tests.accounts import CARD, is_signed_in, make_user, post, read_code, sign_in
from tests.unit.test_recordings import save

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailoutbox", "quick_passwords")]

SECRET = "a secret of the provider and the site, and of nobody else"


class Provider(ThreadingHTTPServer):
    """One person who is asked nothing; every code stands for them."""

    person: dict[str, Any]
    spent: set[str]

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answers(BaseHTTPRequestHandler):
    """The three addresses of an OpenID Connect provider that a site talks to."""

    server: Provider

    def do_GET(self) -> None:
        """Discovery, and who it is."""
        own = self.server.address
        if self.path == "/.well-known/openid-configuration":
            names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
            self._say({"issuer": own, **{name: f"{own}/{name}" for name in names}})
        else:
            assert self.headers["Authorization"] == "Bearer an-access-token"
            self._say(self.server.person)

    def do_POST(self) -> None:
        """A code for a token, once."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        code = parse_qs(body)["code"][0]
        if code in self.server.spent:
            self._say({"error": "invalid_grant"}, 400)
            return
        self.server.spent.add(code)
        claims = {"iss": self.server.address, "aud": "our-id", "iat": 0, "exp": 2**33}
        token = jwt.encode({**claims, **self.server.person}, SECRET, algorithm="HS256")
        self._say({"access_token": "an-access-token", "token_type": "Bearer", "id_token": token})

    def _say(self, said: dict[str, Any], status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Quiet."""


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    """A provider that the settings name."""
    with Provider(("127.0.0.1", 0), Answers) as server:
        server.person = {"sub": "p1", "email": "alice@example.org", "email_verified": True}
        server.spent = set()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        app = {"provider_id": "oidc", "name": "Ours", "client_id": "our-id", "secret": SECRET}
        app["settings"] = {"server_url": server.address}  # type: ignore[assignment]
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
        yield server
        server.shutdown()
        thread.join()


def go_there(client: Client, provider: Provider) -> str:
    """Press the button; the state that the provider is to send back."""
    assert "Ours" in client.get("/accounts/login/").content.decode()
    page = client.post("/accounts/oidc/oidc/login/").content.decode()
    found = re.search(r'href="([^"]+)"', page)
    assert found
    where = urlsplit(found[1].replace("&amp;", "&"))
    assert f"{where.scheme}://{where.netloc}" == provider.address
    return parse_qs(where.query)["state"][0]


def come_back(client: Client, state: str, code: str = "c1") -> Any:
    address = "/accounts/oidc/oidc/login/callback/"
    return client.get(address, {"state": state, "code": code}, follow=True)


def test_a_proved_address_signs_up_at_once_and_takes_the_runs_along(
    client: Client, provider: Provider
) -> None:
    client.get(CARD)
    save(client.session["learner"], run_id="before")
    come_back(client, go_there(client, provider))
    assert is_signed_in(client)
    assert User.objects.get().email == "alice@example.org"
    assert "before" in client.get("/runs/").content.decode()
    again = Client()
    come_back(again, go_there(again, provider), "c2")
    assert is_signed_in(again)
    assert User.objects.count() == SocialAccount.objects.count() == Recording.objects.count() == 1


def test_an_address_that_is_not_proved_needs_its_code(client: Client, provider: Provider) -> None:
    provider.person["email_verified"] = False
    come_back(client, go_there(client, provider))
    assert not is_signed_in(client)
    post(client, "/accounts/confirm-email/", code=read_code())
    assert is_signed_in(client)


def test_nobody_else_s_account_is_entered_by_its_address(
    client: Client, provider: Provider
) -> None:
    make_user("alice@example.org")
    come_back(client, go_there(client, provider))
    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("case", ["another browser's", "made up", "used twice"])
def test_a_return_that_nobody_here_began_signs_nobody_in(
    client: Client, provider: Provider, case: str
) -> None:
    state = go_there(client, provider)
    if case == "another browser's":
        client = Client()
    elif case == "made up":
        state = "made-up"
    else:
        come_back(client, state)
        post(client, "/accounts/logout/")
    page = come_back(client, state)
    assert "You are not signed in" in page.content.decode()
    assert not is_signed_in(client)


def test_attempts_are_counted_in_redis(client: Client, redis_url: str, settings: Any) -> None:
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": redis_url}}
    make_user("in-redis@example.org")
    pages = [sign_in(client, "in-redis@example.org", "wrong") for _ in range(6)]
    assert "Wait five minutes" in pages[-1].content.decode()
