"""What ``manage.py bench`` measures: each figure beside a baseline of the same run."""
