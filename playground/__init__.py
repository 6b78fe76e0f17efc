"""The site: everything Django, Channels and htmx."""
