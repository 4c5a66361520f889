"""What the lines of all records have in common."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.attachments.history import told
from portal.exchange import schema
from portal.exchange.identity import Identity
from portal.exchange.schema import Schema
from portal.exchange.sync import Importer
from portal.records.models import Record, Redirect, State

R = TypeVar("R", bound=Record)

#: A record is first published once, however often it is loaded.
SET_ONCE = ("first_published_at",)


def code_of(key: str | None) -> str | None:
    """The code of a term by its key: `modes:sea` gives `sea`."""
    return key.partition(":")[2] if key else None


def term_key(vocabulary: str, code: str | None) -> str | None:
    """The key of a term by its vocabulary and code, or None without a code."""
    return f"{vocabulary}:{code}" if code else None


def export_money(amount: Any, currency: str) -> dict[str, Any] | None:
    """An amount as the collection writes it, or None."""
    return {"amount": amount, "currency": currency} if amount is not None else None


def money_values(prefix: str, money: dict[str, Any] | None) -> dict[str, Any]:
    """The field values of an amount of money: `<prefix>_amount` and `<prefix>_currency`."""
    money = money or {}
    return {
        f"{prefix}_amount": money.get("amount"),
        f"{prefix}_currency": money.get("currency", ""),
    }


def head_properties(model: type[Record]) -> dict[str, Schema]:
    """The schema of the keys that every record's line may have."""
    return {
        "id": schema.of_field(model, "code", schema.CODE),
        "title": schema.text(model, "title"),
        "title_original": schema.text(model, "title_original"),
        "language": schema.of_field(model, "language", schema.LANGUAGE),
        "state": schema.of_field(model, "state", {"enum": State.values}),
        "withdrawal_reason": schema.text(model, "withdrawal_reason"),
        "review_note": schema.text(model, "review_note"),
    }


def head_values(line: dict[str, Any]) -> dict[str, Any]:
    """The field values that every record takes from its line; no state means published."""
    state = line.get("state", State.PUBLISHED)
    return {
        "code": line["id"],
        "title": line["title"],
        "title_original": line.get("title_original", ""),
        "language": line.get("language", ""),
        "state": state,
        "withdrawal_reason": line.get("withdrawal_reason", ""),
        "review_note": line.get("review_note", ""),
        "first_published_at": timezone.now() if state == State.PUBLISHED else None,
    }


def export_head(record: Record, *, for_readers: bool = False) -> dict[str, Any]:
    """The keys that every record's line has.

    Args:
        record: the record.
        for_readers: whether to leave out what only curators know.
    """
    return {
        "id": record.code,
        "title": record.title,
        "title_original": record.title_original,
        "language": record.language,
        "state": None if record.state == State.PUBLISHED else record.state,
        "withdrawal_reason": record.withdrawal_reason,
        "review_note": None if for_readers else record.review_note,
    }


class RecordImporter(Importer[R]):
    """How the records of a database go in and out of the collection."""

    def key_of(self, data: dict[str, Any]) -> str:
        return str(data["id"])

    def retired(self) -> Collection[str]:
        # A code that leads to another record was merged with it: making it again would undo that.
        return set(Redirect.objects.values_list("code", flat=True))

    @abstractmethod
    def schema(self, codes: dict[str, list[str]]) -> Schema:
        """The schema of a line; `codes` gives the codes of each vocabulary."""

    def codes(self, line: dict[str, Any]) -> Iterator[str]:
        """The permanent codes that a line defines."""
        yield line["id"]

    def references(self, line: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
        """Codes that a line names and another defines: key, database, code."""
        yield from ()

    def faults(self, line: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """What a schema cannot say of a line: key and message."""
        if line.get("state") == State.WITHDRAWN and "withdrawal_reason" not in line:
            yield "withdrawal_reason", _("is missing, though the record is withdrawn")

    def unique_keys(self, line: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """What no two records share beside their codes: key and value."""
        yield from ()

    def identity(self, line: dict[str, Any]) -> Identity:
        """What tells which record a line without a code means; the line may hold anything."""
        return Identity(title=line.get("title", ""))

    def holders(self, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Of pairs that `unique_keys` gives, those that a record has, with the record's code."""
        return {}

    def history(self, instance: R) -> dict[str, Any]:
        """What the history keeps of a record: its line, and which documents were attached.

        Documents are files and no part of the line: nothing loads them or brings them back.
        What a database adds of its own, its `save` and `link` read where a line has it.
        """
        return {**self.export(instance), **told(instance)}

    def settled(self, line: dict[str, Any]) -> dict[str, Any]:
        """A line that names present codes only, as the record would be told once it says it.

        For lines in which codes were replaced: order may follow codes, and what follows from the
        rest is not told.
        """
        return line

    def identity_of_part(self, key: str, part: Any) -> Any:
        """What makes two entries of a list the same where two lines become one; can be hashed.

        Of sources it is their address, of all else what they say.
        """
        if key == "sources" and part.get("url"):
            return part["url"]
        return json.dumps(part, sort_keys=True, ensure_ascii=False)

    def parts_with_codes(self, record: R) -> Sequence[tuple[models.Model, Any]]:
        """The parts of a record that others refer to, in order, each with its identity."""
        return ()

    def adopt(self, part: models.Model, record: R) -> None:
        """Let a part with a code of its own, and with it all that refers to it, change its record.

        It gets a code behind that of the new record.
        """
        raise TypeError(f"{type(self).__name__} has no parts with codes of their own")

    def following(
        self, model: type[models.Model], changing: Sequence[Any]
    ) -> AbstractContextManager[Any]:
        """What this database does before and after records of another database change."""
        return nullcontext()
