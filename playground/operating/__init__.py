"""What whoever hosts the site needs: checks, metrics, health, the admin, backup and cleaning."""
