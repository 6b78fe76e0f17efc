"""The catalog app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Reads the packs when the site starts, so that a broken one is heard of at once."""

    name = "playground.catalog"

    def ready(self) -> None:
        """Load every pack and every known error."""
        from playground.catalog import queries

        queries.get_known_errors()
