"""The database that every scratch database is a copy of: what a learner finds taken away in it."""

from __future__ import annotations

from typing import Final

TEMPLATE: Final = "scratch_template"
KEEPER: Final = "keeper"
MOST_ADVISORY_LOCKS: Final = 200  # of one connection

# No rights that everyone has by default. No large objects: what is noted of their owners lies in a
# catalog that all databases share. No hash indexes: they grow by holes, and a hole that finds the
# disk full when it is written hinders the checkpoint, which is everybody's.
_REVOKED: Final = """
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON FUNCTION lo_creat, lo_create, lo_from_bytea FROM PUBLIC;
DELETE FROM pg_am WHERE amname = 'hash';
"""
# Advisory locks lie in one table of the server, and who fills it stops everybody. So each function
# counts before it locks. It runs as a role that may do nothing else.
_COUNTED: Final = f"""
DO $do$
DECLARE
    lock record;
BEGIN
    FOR lock IN
        SELECT proname AS name, pg_get_function_identity_arguments(oid) AS arguments,
            prorettype::regtype AS result,
            CASE prorettype WHEN 'void'::regtype THEN 'PERFORM' ELSE 'RETURN' END AS verb,
            CASE pronargs WHEN 1 THEN '$1' ELSE '$1, $2' END AS passed
        FROM pg_proc WHERE proname ~ '^pg_(try_)?advisory_(xact_)?lock'
    LOOP
        EXECUTE format('ALTER FUNCTION pg_catalog.%I(%s) RENAME TO %I',
            lock.name, lock.arguments, 'uncounted_' || lock.name);
        EXECUTE format('REVOKE ALL ON FUNCTION pg_catalog.%I(%s) FROM PUBLIC',
            'uncounted_' || lock.name, lock.arguments);
        EXECUTE format('GRANT EXECUTE ON FUNCTION pg_catalog.%I(%s) TO {KEEPER}',
            'uncounted_' || lock.name, lock.arguments);
        EXECUTE format($f$
            CREATE FUNCTION pg_catalog.%I(%s) RETURNS %s LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp AS $body$
            BEGIN
                IF (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()
                    AND locktype = 'advisory') >= {MOST_ADVISORY_LOCKS}
                THEN
                    RAISE 'a connection may hold {MOST_ADVISORY_LOCKS} advisory locks here'
                        USING ERRCODE = 'configuration_limit_exceeded';
                END IF;
                %s %I(%s);
            END $body$
        $f$, lock.name, lock.arguments, lock.result,
            lock.verb, 'uncounted_' || lock.name, lock.passed);
        EXECUTE format('ALTER FUNCTION pg_catalog.%I(%s) OWNER TO {KEEPER}',
            lock.name, lock.arguments);
    END LOOP;
END $do$;
"""  # noqa: S608 - put together from our own constants
TEMPLATE_SQL: Final = _REVOKED + _COUNTED
