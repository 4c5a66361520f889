"""Where an incomplete list goes on: stateless, and of no use once somebody altered it.

A token holds the arguments of the list and the place behind the last record that was given; the
portal remembers nothing. Its signature is that of `SECRET_KEY`; it does not expire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.utils.translation import gettext as _

from portal.oai.arguments import ProtocolError

_SALT = "portal.oai"


@dataclass(frozen=True)
class Place:
    """Where a list goes on.

    Attributes:
        arguments: those of the list, without the verb.
        at, code: datestamp, to the microsecond, and code of the last record that was given.
        cursor: how many records were given.
        total: how many there were when the list began.
    """

    arguments: dict[str, str]
    at: datetime
    code: str
    cursor: int
    total: int


def written(verb: str, place: Place) -> str:
    """A place as the token of a verb."""
    said = [place.arguments, place.at.isoformat(), place.code, place.cursor, place.total]
    return signing.dumps(said, salt=f"{_SALT}.{verb}")


def place_of(verb: str, token: str) -> Place:
    """The place that a token of a verb leads to.

    Raises:
        ProtocolError: badResumptionToken: no token of ours, or one of another verb.
    """
    try:
        arguments, at, code, cursor, total = signing.loads(token, salt=f"{_SALT}.{verb}")
    except (signing.BadSignature, ValueError) as error:
        message = _("It is not a token that this verb gave out; begin the list again.")
        raise ProtocolError("badResumptionToken", message) from error
    return Place(arguments, datetime.fromisoformat(at), code, cursor, total)
