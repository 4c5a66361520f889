"""Arguments of an OAI-PMH request, and the errors that they can have.

Source: The Open Archives Initiative Protocol for Metadata Harvesting, version 2.0
(http://www.openarchives.org/OAI/openarchivesprotocol.html), sections 2 to 4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.records.database import databases
from portal.reference.catalog import catalog

PREFIX = "oai_dc"
#: Of each verb, the arguments that it needs and those that it also takes.
VERBS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "Identify": (frozenset(), frozenset()),
    "ListMetadataFormats": (frozenset(), frozenset({"identifier"})),
    "ListSets": (frozenset(), frozenset({"resumptionToken"})),
    "GetRecord": (frozenset({"identifier", "metadataPrefix"}), frozenset()),
    "ListIdentifiers": (
        frozenset({"metadataPrefix"}),
        frozenset({"from", "until", "set", "resumptionToken"}),
    ),
    "ListRecords": (
        frozenset({"metadataPrefix"}),
        frozenset({"from", "until", "set", "resumptionToken"}),
    ),
}
TOKEN = "resumptionToken"  # noqa: S105 - the name of an argument
_WORD = r"[A-Za-z0-9\-_.!~*'()]+"
#: How values are written; what is written otherwise is a badArgument.
_FORMS = {
    # RFC 3986: a scheme, then what may stand in an address.
    "identifier": re.compile(
        r"[A-Za-z][A-Za-z0-9+.\-]*:(?:[A-Za-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+"
    ),
    "metadataPrefix": re.compile(_WORD),
    "set": re.compile(rf"{_WORD}(?::{_WORD})*"),
    "from": re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?", re.ASCII),
    "until": re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?", re.ASCII),
}
_DAY = "%Y-%m-%d"
_SECOND = "%Y-%m-%dT%H:%M:%SZ"
_DAY_LENGTH = 10


class ProtocolError(Exception):
    """An error of the protocol: what is wrong with a request, or that there is nothing.

    Attributes:
        code: as the protocol calls it (section 3.6).
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True)
class Selection:
    """Which records a list is of.

    Attributes:
        since: the first moment, or None.
        before: the moment after the last, or None.
        database: slug, or '' for all.
        place: code of a jurisdiction, or '' for all.
    """

    since: datetime | None = None
    before: datetime | None = None
    database: str = ""
    place: str = ""


def read(data: QueryDict) -> dict[str, str]:
    """The arguments of a request by name, the verb among them.

    Raises:
        ProtocolError: badVerb, or badArgument.
    """
    verbs = data.getlist("verb")
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise ProtocolError("badVerb", _("One verb of: %s.") % ", ".join(VERBS))
    needed, taken = VERBS[verbs[0]]
    given = {name: data.getlist(name) for name in data if name != "verb"}
    for name, values in given.items():
        if name not in needed | taken:
            known = ", ".join(sorted(needed | taken)) or "–"
            text = _("“%(name)s” is no argument of this verb, which takes: %(known)s.")
            raise _bad(text % {"name": name, "known": known})
        if len(values) > 1:
            raise _bad(_("“%s” is given more than once.") % name)
    if TOKEN in given:
        if len(given) > 1:
            raise _bad(_("A resumptionToken stands alone: it knows the other arguments."))
    elif missing := sorted(needed - set(given)):
        raise _bad(_("Missing: %s.") % ", ".join(missing))
    for name, form in _FORMS.items():
        if name in given and not form.fullmatch(given[name][0]):
            raise _bad(_("The value of “%s” is not written as the protocol says.") % name)
    return {"verb": verbs[0], **{name: values[0] for name, values in given.items()}}


def selection_of(arguments: dict[str, str]) -> Selection:
    """What a list is to hold, from its arguments.

    Raises:
        ProtocolError: badArgument, cannotDisseminateFormat, or noRecordsMatch for a set that
            does not exist.
    """
    since, before = _window(arguments.get("from", ""), arguments.get("until", ""))
    check_prefix(arguments["metadataPrefix"])
    database, place = _set_of(arguments.get("set", ""))
    return Selection(since, before, database, place)


def check_prefix(prefix: str) -> None:
    """Raise ProtocolError unless it is a format that the portal writes."""
    if prefix != PREFIX:
        message = _("Records are given as “%s” alone.") % PREFIX
        raise ProtocolError("cannotDisseminateFormat", message)


def datestamp(moment: datetime) -> str:
    """A moment as the protocol writes it: UTC, to the second (section 3.3)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)


def _bad(message: str) -> ProtocolError:
    return ProtocolError("badArgument", message)


def _window(first: str, last: str) -> tuple[datetime | None, datetime | None]:
    """The moments from one up to, not including, the other.

    Both ends are inclusive in the protocol: `until` is the whole of its day or second.
    """
    if first and last and len(first) != len(last):
        raise _bad(_("“from” and “until” are both days or both seconds."))
    since, until = _moment("from", first), _moment("until", last)
    if since and until and since > until:
        raise _bad(_("“from” is later than “until”."))
    if until is None:
        return since, None
    step = timedelta(days=1) if len(last) == _DAY_LENGTH else timedelta(seconds=1)
    try:
        return since, until + step
    except OverflowError:
        # The last day of the calendar excludes nothing.
        return since, None


def _moment(name: str, text: str) -> datetime | None:
    if not text:
        return None
    form = _DAY if len(text) == _DAY_LENGTH else _SECOND
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        raise _bad(_("The value of “%s” is no date of the calendar.") % name) from None


def _set_of(spec: str) -> tuple[str, str]:
    """The database and the jurisdiction of a set; '' and '' for no set."""
    if not spec:
        return "", ""
    database, _colon, place = spec.partition(":")
    is_known = any(found.slug == database for found in databases())
    if not is_known or (spec != database and place not in catalog().jurisdictions):
        raise ProtocolError("noRecordsMatch", _("There is no set “%s”.") % spec)
    return database, place
