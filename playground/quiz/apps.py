"""The quiz app."""

from django.apps import AppConfig


class QuizConfig(AppConfig):
    """Registers what is kept of learners here."""

    name = "playground.quiz"

    def ready(self) -> None:
        """Load it."""
        from playground.accounts import keepers
        from playground.quiz import keeping

        keepers.register(keeping.QUIZZES)
