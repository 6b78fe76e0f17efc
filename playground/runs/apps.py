"""The runs app."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Registers the system checks, and what is kept of learners here."""

    name = "playground.runs"

    def ready(self) -> None:
        """Load them."""
        from playground.accounts import keepers
        from playground.runs import checks, keeping  # noqa: F401

        keepers.register(keeping.RECORDINGS)
