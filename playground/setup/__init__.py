"""Makes a checkout ready: environment, requirements, bundle, system packages.

Standard library only and no Django: it runs before `.venv` exists.
"""
