"""Browsers that were here before there were accounts keep their session, and so their runs."""

from typing import Any

from django.db import migrations


def move_sessions(apps: Any, schema_editor: Any) -> None:
    """From Django's table to ours: the same columns, and nobody signed in."""
    old, new = apps.get_model("sessions", "Session"), apps.get_model("accounts", "Session")
    for session in old.objects.iterator():
        new.objects.create(
            session_key=session.session_key,
            session_data=session.session_data,
            expire_date=session.expire_date,
        )
    old.objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("sessions", "0001_initial")]
    operations = [migrations.RunPython(move_sessions, migrations.RunPython.noop)]
