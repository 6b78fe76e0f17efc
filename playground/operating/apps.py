"""The operating app."""

from django.apps import AppConfig


class OperatingConfig(AppConfig):
    """Registers the system checks of settings that belong together, and the admin's tables."""

    name = "playground.operating"

    def ready(self) -> None:
        """Load them."""
        from playground.operating import admin, checks  # noqa: F401
