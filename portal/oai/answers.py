"""The answers of the verbs, as XML (OAI-PMH 2.0, section 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from portal.exchange.formats.oai_dc import elements
from portal.oai import repository, tokens
from portal.oai.arguments import (
    PREFIX,
    TOKEN,
    ProtocolError,
    Selection,
    check_prefix,
    datestamp,
    selection_of,
)
from portal.oai.repository import Item
from portal.publishing.markup import Markup
from portal.records.database import database_for
from portal.records.models import CODE_PATTERN

#: Records of a part of a list: some hundred kilobytes.
PART = 100
_OAI = "http://www.openarchives.org/OAI/2.0/"
_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
_DC_SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
_IDENTIFIER = "http://www.openarchives.org/OAI/2.0/oai-identifier"
_XSI = {"xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance"}
#: What the schema of oai-identifier takes for the domain of a repository.
_DOMAIN = re.compile(r"[A-Za-z][A-Za-z0-9-]*(\.[A-Za-z][A-Za-z0-9-]*)+")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Repository:
    """How the portal calls itself.

    Attributes:
        address: of the verbs (`baseURL`).
        origin: scheme and host of the permanent addresses.
        domain: the middle of the identifiers; the same for ever.
        email: whom harvesters write to; '' for webmaster@ the domain.
    """

    address: str
    origin: str
    domain: str
    email: str = ""

    def identifier(self, code: str) -> str:
        return f"oai:{self.domain}:{code}"

    def code(self, identifier: str) -> str:
        """The code of a record here.

        Raises:
            ProtocolError: idDoesNotExist.
        """
        code = identifier.removeprefix(self.identifier(""))
        if code == identifier or not re.fullmatch(CODE_PATTERN, code):
            raise _unknown(identifier)
        return code

    @property
    def has_a_domain(self) -> bool:
        return bool(_DOMAIN.fullmatch(self.domain))

    @property
    def admin_email(self) -> str:
        # On a machine without a domain name nobody reads mail: a domain for examples (RFC 2606).
        return self.email or f"webmaster@{self.domain if self.has_a_domain else 'example.org'}"


def _unknown(identifier: str) -> ProtocolError:
    return ProtocolError("idDoesNotExist", _("There is no record “%s”.") % identifier)


class Answer(Markup):
    """The document of an answer.

    Args:
        here: how the portal calls itself.
        arguments: of the request, as they are repeated to the harvester.
    """

    def __init__(self, here: Repository, arguments: Mapping[str, str]) -> None:
        self.text = StringIO()
        super().__init__(self.text, "utf-8", short_empty_elements=True)
        self.here = here
        self.startDocument()
        schema = {"xsi:schemaLocation": f"{_OAI} {_OAI}OAI-PMH.xsd"}
        self.startElement("OAI-PMH", {"xmlns": _OAI, **_XSI, **schema})
        self.addQuickElement("responseDate", datestamp(datetime.now(UTC)))
        self.addQuickElement("request", here.address, dict(arguments))

    def finished(self) -> str:
        self.endElement("OAI-PMH")
        self.endDocument()
        return self.text.getvalue()

    @contextmanager
    def element(self, name: str, attributes: Mapping[str, str] | None = None) -> Iterator[None]:
        """An element around what is written inside."""
        self.startElement(name, attributes or {})
        yield
        self.endElement(name)

    def header(self, item: Item, *, is_deleted: bool) -> None:
        with self.element("header", {"status": "deleted"} if is_deleted else {}):
            self.addQuickElement("identifier", self.here.identifier(item.code))
            self.addQuickElement("datestamp", datestamp(item.at))
            # Who is in the set of a place is in that of its database, too (section 2.6).
            for spec in [f"{item.database}:{place}" for place in item.places] or [item.database]:
                self.addQuickElement("setSpec", spec)

    def record(self, item: Item, line: dict[str, Any] | None) -> None:
        """A record with its metadata; deleted where it has no line."""
        with self.element("record"):
            self.header(item, is_deleted=line is None)
            if line is not None:
                with self.element("metadata"):
                    self._dublin_core(item, line)

    def _dublin_core(self, item: Item, line: dict[str, Any]) -> None:
        spaces = {"xmlns:oai_dc": _DC, "xmlns:dc": "http://purl.org/dc/elements/1.1/", **_XSI}
        schema = {"xsi:schemaLocation": f"{_DC} {_DC_SCHEMA}"}
        described = database_for(item.database).describe(line)
        with self.element("oai_dc:dc", {**spaces, **schema}):
            for name, value, language in elements(described, f"{self.here.origin}/id/{item.code}"):
                attributes = {"xml:lang": language} if language else {}
                self.addQuickElement(f"dc:{name}", value, attributes)


def answer(here: Repository, arguments: dict[str, str]) -> str:
    """The answer to a verb.

    Raises:
        ProtocolError: what the protocol has for it.
    """
    written = Answer(here, arguments)
    _VERBS[arguments["verb"]](written, arguments)
    return written.finished()


def refusal(here: Repository, arguments: Mapping[str, str], error: ProtocolError) -> str:
    """The answer that tells of an error."""
    # Arguments that are wrong are not repeated (section 3.2).
    is_told = error.code not in ("badVerb", "badArgument")
    written = Answer(here, arguments if is_told else {})
    written.addQuickElement("error", str(error), {"code": error.code})
    return written.finished()


def _identify(written: Answer, arguments: dict[str, str]) -> None:
    here = written.here
    first, _more = repository.part(Selection(), None, 1)
    with written.element("Identify"):
        for name, value in (
            ("repositoryName", "Smuggling of Migrants Knowledge Portal"),
            ("baseURL", here.address),
            ("protocolVersion", "2.0"),
            ("adminEmail", here.admin_email),
            ("earliestDatestamp", datestamp(first[0].at if first else _NEVER)),
            ("deletedRecord", "persistent"),
            ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
            ("compression", "gzip"),
        ):
            written.addQuickElement(name, value)
        if here.has_a_domain and first:
            with written.element("description"):
                _identifier_scheme(written, first[0])


def _identifier_scheme(written: Answer, sample: Item) -> None:
    """How identifiers are made (guidelines, oai-identifier 2.0)."""
    schema = {"xsi:schemaLocation": f"{_IDENTIFIER} {_IDENTIFIER}.xsd"}
    with written.element("oai-identifier", {"xmlns": _IDENTIFIER, **_XSI, **schema}):
        written.addQuickElement("scheme", "oai")
        written.addQuickElement("repositoryIdentifier", written.here.domain)
        written.addQuickElement("delimiter", ":")
        written.addQuickElement("sampleIdentifier", written.here.identifier(sample.code))


def _list_formats(written: Answer, arguments: dict[str, str]) -> None:
    if "identifier" in arguments:
        _item(written.here, arguments["identifier"])
    with written.element("ListMetadataFormats"), written.element("metadataFormat"):
        written.addQuickElement("metadataPrefix", PREFIX)
        written.addQuickElement("schema", _DC_SCHEMA)
        written.addQuickElement("metadataNamespace", _DC)


def _list_sets(written: Answer, arguments: dict[str, str]) -> None:
    if TOKEN in arguments:
        message = _("All sets are in one answer, which gives out no token.")
        raise ProtocolError("badResumptionToken", message)
    with override("en"):
        found = list(repository.sets())
    if not found:
        raise ProtocolError("noSetHierarchy", _("There are no records yet."))
    with written.element("ListSets"):
        for spec, name in found:
            with written.element("set"):
                written.addQuickElement("setSpec", spec)
                written.addQuickElement("setName", name)


def _item(here: Repository, identifier: str) -> Item:
    item = repository.item_of(here.code(identifier))
    if item is None:
        raise _unknown(identifier)
    return item


def _get_record(written: Answer, arguments: dict[str, str]) -> None:
    item = _item(written.here, arguments["identifier"])
    check_prefix(arguments["metadataPrefix"])
    lines = repository.lines_of([item])
    with written.element("GetRecord"):
        written.record(item, lines.get((item.database, item.key or 0)))


def _list_identifiers(written: Answer, arguments: dict[str, str]) -> None:
    def write(items: list[Item]) -> None:
        for item in items:
            written.header(item, is_deleted=item.key is None)

    _list(written, arguments, write)


def _list_records(written: Answer, arguments: dict[str, str]) -> None:
    def write(items: list[Item]) -> None:
        lines = repository.lines_of(items)
        for item in items:
            written.record(item, lines.get((item.database, item.key or 0)))

    _list(written, arguments, write)


def _list(written: Answer, arguments: dict[str, str], write: Callable[[list[Item]], None]) -> None:
    """A part of a list, and the token of the next one (section 3.5)."""
    verb = arguments["verb"]
    begun = tokens.place_of(verb, arguments[TOKEN]) if TOKEN in arguments else None
    asked = begun.arguments if begun else {k: v for k, v in arguments.items() if k != "verb"}
    selection = selection_of(asked)
    beyond = (begun.at, begun.code) if begun else None
    items, has_more = repository.part(selection, beyond, PART)
    if not items:
        raise ProtocolError("noRecordsMatch", _("No record was changed then, or is in this set."))
    cursor = begun.cursor if begun else 0
    last = items[-1]
    place = tokens.Place(asked, last.at, last.code, cursor + len(items), 0)
    with written.element(verb):
        write(items)
        if has_more or begun:
            total = begun.total if begun else repository.count(selection)
            size = {"completeListSize": str(total), "cursor": str(cursor)}
            token = tokens.written(verb, replace(place, total=total)) if has_more else ""
            written.addQuickElement(TOKEN, token, size)


_VERBS: dict[str, Callable[[Answer, dict[str, str]], None]] = {
    "Identify": _identify,
    "ListMetadataFormats": _list_formats,
    "ListSets": _list_sets,
    "GetRecord": _get_record,
    "ListIdentifiers": _list_identifiers,
    "ListRecords": _list_records,
}
