"""Reindexing has the GIN indexes gather, and leaves them as they were whatever happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from portal.embedded_postgres import CHECKOUT
from tests.conftest import database_copy

SCRIPT = """
import json, os, sys
import django
django.setup()
import psycopg2
from django.db import connection, transaction
from portal.search import gathering, index
from portal.search.models import SearchDocument

gathering.PATIENCE = "100ms"
def options():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, array_to_string(reloptions, ' ') FROM pg_class"
                       " WHERE relname = ANY(%s) ORDER BY 1", [gathering.indexes()])
        return sorted({row[1] for row in cursor.fetchall()})

def pending():
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pgstattuple")
        found = 0
        for name in gathering.indexes():
            cursor.execute("SELECT pending_tuples FROM pgstatginindex(%s)", [name])
            found += cursor.fetchone()[0]
        return found

fields = [field.attname for field in SearchDocument._meta.fields if field.attname != "id"]
def rows():
    return sorted(map(str, SearchDocument.objects.values_list(*fields)))

found = {"before": options(), "names": len(gathering.indexes())}
kept = rows()
seen = []
found["documents"] = index.rebuild(lambda n: seen.append(options())) - len(kept)
found["meanwhile"], found["after"], found["same"] = seen[-1], options(), rows() == kept
found["pending"] = pending()
with transaction.atomic(), gathering.gathered():
    found["in a transaction"] = options()
try:
    with gathering.gathered():
        raise ValueError
except ValueError:
    found["after a fault"] = options()
# A backup, say, which reads the table for hours.
other = psycopg2.connect(os.environ["DATABASE_URL"])
other.cursor().execute("SELECT count(*) FROM search_document")
with gathering.gathered():
    found["while held"] = options()
other.rollback()
with gathering.gathered(attempts=2, pause=0.01):
    other.cursor().execute("SELECT count(*) FROM search_document")
found["held at the end"] = options()
other.rollback()
with gathering.gathered():
    pass
found["put right"] = options()
print(json.dumps(found))
"""


def test_indexes_gather_while_everything_is_written_anew(
    django_db_setup: None, django_db_blocker: Any
) -> None:
    with database_copy(django_db_blocker) as url:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=CHECKOUT,
            env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(CHECKOUT)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    usual, gathering = ["fastupdate=off"], ["fastupdate=on gin_pending_list_limit=8192"]
    assert found == {
        "names": 3,
        "before": usual,
        "documents": 0,
        "meanwhile": gathering,
        "after": usual,
        "same": True,
        "pending": 0,
        "in a transaction": usual,
        "after a fault": usual,
        "while held": usual,
        "held at the end": gathering,
        "put right": usual,
    }
    assert done.stderr.count("is still gathering") == 3
