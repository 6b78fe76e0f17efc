"""The runner: learner code in jailed processes, and what its event loop did."""
