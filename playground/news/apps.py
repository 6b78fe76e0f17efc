"""The news app."""

from django.apps import AppConfig


class NewsConfig(AppConfig):
    """Registers what is kept of learners here."""

    name = "playground.news"

    def ready(self) -> None:
        """Load it."""
        from playground.accounts import keepers
        from playground.news import keeping

        keepers.register(keeping.NEWS)
