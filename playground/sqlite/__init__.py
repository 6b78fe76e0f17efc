"""Django's SQLite, with connections that outlive the thread that asked (see ``base``)."""
