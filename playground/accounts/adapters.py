"""Where allauth asks us: its sentences in our words, and providers that are not there."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.http import Http404, HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Says what happened and what to do."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": (
            "This address and this password do not belong together. Try again, reset the "
            "password, or have a code sent to you."
        ),
        "incorrect_password": "This is not the password of your account. Try again.",
        "incorrect_code": "This is not the code. Look at the newest e-mail and try again.",
        "rate_limited": "That was too often in a short time. Wait a minute, then try again.",
        "too_many_login_attempts": (
            "Too many attempts. Wait five minutes and try again, or sign in another way."
        ),
    }


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Knows the providers of the settings alone."""

    def list_apps(
        self, request: HttpRequest, provider: Any = None, client_id: Any = None
    ) -> list[SocialApp]:
        """Without asking the database, whose table of them is never filled."""
        from allauth.socialaccount.adapter import _build_apps_from_settings

        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def get_app(self, request: HttpRequest, provider: Any, client_id: Any = None) -> SocialApp:
        """Raises Http404 for one that the settings do not name."""
        try:
            return super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist:
            raise Http404("There is no such way to sign in here.") from None
