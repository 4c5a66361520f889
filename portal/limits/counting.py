"""Counting requests in minutes, for all processes together, by one statement each.

Whoever counts in the memory of a process counts per process. Redis counts where there is one; else,
and while it is away, the database, which is there anyway. The row of a client is one, which each
minute begins anew, so that the table stays small.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import OperationalError, connection
from django.utils.crypto import salted_hmac

from portal.databases.watching import primary_is_away

#: Length of a window in seconds.
WINDOW = 60
#: One request of so many takes the rows of past minutes away.
SWEPT_EVERY = 2_000
#: An IPv6 network of this size is one household or office: single addresses are free for it.
NETWORK_BITS = 64

# The clock is that of the database, the same for all machines. Whoever waited for the row may come
# a minute late, and counts in the minute that has begun.
_COUNT = """
    INSERT INTO limits_requestwindow AS held (client, minute, used)
    VALUES (%(client)s, floor(extract(epoch FROM clock_timestamp()) / %(window)s), 1)
    ON CONFLICT (client) DO UPDATE SET
        used = CASE WHEN held.minute - EXCLUDED.minute IN (0, 1) THEN held.used + 1 ELSE 1 END,
        minute = CASE WHEN held.minute - EXCLUDED.minute IN (0, 1)
            THEN held.minute ELSE EXCLUDED.minute END
    RETURNING used, %(window)s - mod(floor(extract(epoch FROM clock_timestamp()))::bigint,
        %(window)s)
"""
_SWEEP = """
    DELETE FROM limits_requestwindow
    WHERE minute < floor(extract(epoch FROM clock_timestamp()) / %(window)s) - 1
"""


@dataclass(frozen=True)
class Client:
    """Who asks, as far as it is counted.

    Attributes:
        policy: `address` or `token`.
        name: the network address, or the key of the token.
        quota: requests that it may make in a minute; 0 for as many as it likes.
    """

    policy: str
    name: str
    quota: int

    @property
    def digest(self) -> str:
        """What stands for it in the table; without the portal's secret key nobody can make it."""
        text = f"{self.policy}:{self.name}"
        return salted_hmac("portal.limits", text, algorithm="sha256").hexdigest()[:32]


@dataclass(frozen=True)
class Allowance:
    """What a client has used of its minute, this request among it.

    Attributes:
        used: requests in the minute.
        seconds: until the next minute begins; from 1 to 60.
    """

    client: Client
    used: int
    seconds: int

    @property
    def remaining(self) -> int:
        return max(0, self.client.quota - self.used)

    @property
    def is_spent(self) -> bool:
        """Whether this request is one too many."""
        return self.used > self.client.quota


def network_of(address: str) -> str:
    """The network that counts as one client: an IPv4 address, or the first half of an IPv6 one."""
    found = ip_address(address)
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), NETWORK_BITS), strict=False))


def count(client: Client) -> Allowance:
    """Count one request.

    Raises:
        django.db.Error: the database is not there or takes no writes.
    """
    if settings.REDIS_URL:
        from redis.exceptions import RedisError

        from portal.limits import shared_counting

        # The client tells that Redis is away, once; a minute is begun anew in the table then.
        with suppress(RedisError):
            return Allowance(client, *shared_counting.count(client.digest, WINDOW))
    return _count_in_table(client)


def _count_in_table(client: Client) -> Allowance:
    if primary_is_away():
        # Readers are not made to wait for it.
        raise OperationalError("The primary database is away.")
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"client": client.digest, "window": WINDOW})
        used, seconds = cursor.fetchone()
    if secrets.randbelow(SWEPT_EVERY) == 0:
        sweep()
    return Allowance(client, used, seconds)


def sweep() -> int:
    """Take the rows of past minutes away; returns their number."""
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP, {"window": WINDOW})
        return int(cursor.rowcount)
