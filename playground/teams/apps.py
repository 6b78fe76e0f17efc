"""The teams app."""

from django.apps import AppConfig


class TeamsConfig(AppConfig):
    """Registers what is kept of learners here, and listens to how they move."""

    name = "playground.teams"

    def ready(self) -> None:
        """Load it."""
        from playground.accounts import keepers
        from playground.catalog import private_packs
        from playground.progress.moved import moved
        from playground.runs.quotas import register
        from playground.teams import keeping, live, own_packs, quotas

        for keeper in keeping.KEEPERS:
            keepers.register(keeper)
        register(quotas.list_shares)
        private_packs.register(private_packs.Source(own_packs.find, own_packs.list_shown))
        moved.connect(live.tell_teams, dispatch_uid="teams.tell_teams")
