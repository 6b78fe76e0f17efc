"""The trusted half of the runner: supervisor, admission, scratch databases."""
