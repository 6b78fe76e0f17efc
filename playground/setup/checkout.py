"""The whole set-up, in order."""

from playground.setup import bundle, environment, system


def prepare(purpose: str) -> None:
    """Make the checkout ready to ``play`` or, with everything it takes, to ``test``."""
    system.install(purpose)
    environment.create()
    for step in (*environment.steps(purpose), *bundle.steps()):
        step.do_if_due()
