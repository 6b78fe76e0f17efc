"""Packs, cards and cells as pages."""
