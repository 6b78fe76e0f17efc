"""A run, from the page's socket to the supervisor and back."""
