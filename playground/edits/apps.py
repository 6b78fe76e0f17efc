"""The edits app."""

from django.apps import AppConfig


class EditsConfig(AppConfig):
    """Registers what is kept of learners here."""

    name = "playground.edits"

    def ready(self) -> None:
        """Load it."""
        from playground.accounts import keepers
        from playground.edits import keeping

        keepers.register(keeping.EDITS)
