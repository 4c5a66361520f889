"""The entries of `DATABASES`, made from addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import environ

#: The name of the primary among Django's databases.
PRIMARY = "default"
#: The names of the standbys begin so; a number from 1 follows.
STANDBY = "standby"

#: What a client waits for a machine that does not answer. libpq counts whole seconds, from 2 on.
#: Instead of a standby another one is asked; instead of the primary there is nobody.
STANDBY_SECONDS = 2
PRIMARY_SECONDS = 5
#: Bytes that nobody acknowledges for so long end a connection; the system would wait for minutes.
UNHEARD_MILLISECONDS = 4_000
#: The same for connections on which nothing is said: asked after 10 s, given up 6 s later.
_KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 2, "keepalives_count": 3}


def databases(
    primary: dict[str, Any], replicas: Sequence[str], *, options: str, max_age: int
) -> dict[str, dict[str, Any]]:
    """All entries: the primary under its name, a standby for each further address.

    Args:
        primary: the entry of the primary as its address was read.
        replicas: addresses of standbys.
        options: parameters of PostgreSQL for each session, as libpq's `options` has them. An
            address that brings its own keeps them.
        max_age: seconds that a connection is kept.
    """
    entries = {PRIMARY: primary}
    for number, address in enumerate(replicas, 1):
        entry = environ.Env.db_url_config(address.strip())
        # Tests read what they have written, in one database.
        entry["TEST"] = {"MIRROR": PRIMARY}
        entries[f"{STANDBY}{number}"] = entry
    for name, entry in entries.items():
        entry["CONN_MAX_AGE"] = max_age
        entry["CONN_HEALTH_CHECKS"] = True
        own = entry.setdefault("OPTIONS", {})
        own.setdefault("options", options)
        if name != PRIMARY:
            # A standby refuses writes anyhow; what was promoted behind our back must, too.
            own["options"] += " -c default_transaction_read_only=on"
        if replicas:
            seconds = PRIMARY_SECONDS if name == PRIMARY else STANDBY_SECONDS
            waits = {"connect_timeout": seconds, "tcp_user_timeout": UNHEARD_MILLISECONDS}
            for key, value in (waits | _KEEPALIVE).items():
                own.setdefault(key, value)
    return entries
