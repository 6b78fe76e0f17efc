"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the system checks, and what happens at a sign-in and at a sign-up."""

    name = "playground.accounts"

    def ready(self) -> None:
        """Load them."""
        from allauth.account.signals import user_signed_up
        from django.contrib.auth.signals import user_logged_in

        from playground.accounts import checks, learners, operations  # noqa: F401

        user_logged_in.connect(learners.adopt_browser, dispatch_uid="accounts.adopt_browser")
        user_signed_up.connect(
            operations.forget_unconfirmed, dispatch_uid="accounts.forget_unconfirmed"
        )
