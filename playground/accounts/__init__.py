"""Accounts: who somebody is, what belongs to them, and how to be rid of it."""
