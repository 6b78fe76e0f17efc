"""The runs app."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Registers the system checks."""

    name = "playground.runs"

    def ready(self) -> None:
        """Load them."""
        from playground.runs import checks  # noqa: F401
