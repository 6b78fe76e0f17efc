"""The catalog app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Registers the check of the packs; the commands that mend them run without it."""

    name = "playground.catalog"

    def ready(self) -> None:
        """Load it."""
        from playground.catalog import checks  # noqa: F401
