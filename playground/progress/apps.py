"""The progress app."""

from django.apps import AppConfig


class ProgressConfig(AppConfig):
    """Registers what is kept of learners here."""

    name = "playground.progress"

    def ready(self) -> None:
        """Load it."""
        from playground.accounts import keepers
        from playground.accounts.learners import get_learner
        from playground.catalog import statuses
        from playground.progress import keeping, queries

        for keeper in keeping.KEEPERS:
            keepers.register(keeper)
        statuses.register(lambda request, pack: queries.list_statuses(get_learner(request), pack))
