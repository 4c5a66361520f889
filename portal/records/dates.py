"""Dates known to the year, the month or the day: the value, its column and its form field.

A judgment is often dated "2015" or "June 2015" and nothing more. Such a date is kept as it is
known and written as a calendar date of ISO 8601-1:2019, complete or with reduced precision (4.3),
which is also EDTF level 0 (ISO 8601-2:2019): `YYYY-MM-DD`, `YYYY-MM` or `YYYY`. PostgreSQL holds
the whole period that it stands for, `[first day, day after the last)`, so that overlap, order and
index are PostgreSQL's own.
"""

import calendar
import datetime
import re
from dataclasses import dataclass
from functools import total_ordering
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models.expressions import Combinable, Func
from django.db.models.functions import ExtractYear
from django.db.models.lookups import PostgresOperatorLookup
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Precision = Literal["year", "month", "day"]

FIRST_YEAR = 1000
LAST_YEAR = 2999

# Of digits only 0-9: \d would admit those of every script.
_ISO_FORM = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_ONE_DAY = datetime.timedelta(days=1)


@total_ordering
@dataclass(frozen=True, slots=True)
class PartialDate:
    """A year, a month of a year or a day, in the (proleptic) Gregorian calendar.

    Values are ordered by their first day and then by their last, as PostgreSQL orders ranges:
    2015-01-01 < 2015-01 < 2015 < 2015-01-02.

    Raises ValueError for a year outside 1000..2999, for a day without a month and for a month or
    a day that the calendar does not have.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise ValueError(
                _("The year must be from %(first)d to %(last)d.")
                % {"first": FIRST_YEAR, "last": LAST_YEAR}
            )
        if self.month is None and self.day is not None:
            raise ValueError(_("A day needs its month."))
        try:
            datetime.date(
                self.year,
                1 if self.month is None else self.month,
                1 if self.day is None else self.day,
            )
        except ValueError as error:
            raise ValueError(
                _("The calendar has no date %(date)s.") % {"date": str(self)}
            ) from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; white space around it is ignored.

        Raises ValueError, with a message for readers, for any other text and for a date that is
        not in the calendar or not in the years 1000..2999.
        """
        match = _ISO_FORM.fullmatch(text.strip())
        if match is None:
            raise ValueError(_("Enter a date as YYYY, YYYY-MM or YYYY-MM-DD."))
        year, month, day = match.groups()
        return cls(int(year), int(month) if month else None, int(day) if day else None)

    @classmethod
    def from_range(cls, lower: datetime.date | None, upper: datetime.date | None) -> Self:
        """Return the date whose first day is `lower` and whose last is the day before `upper`.

        Raises ValueError if that period is not exactly one day, one month or one year.
        """
        if lower is not None and upper is not None:
            for parts in ((lower.year,), (lower.year, lower.month)):
                candidate = cls(*parts)
                if candidate.earliest == lower and candidate.latest + _ONE_DAY == upper:
                    return candidate
            if lower + _ONE_DAY == upper:
                return cls(lower.year, lower.month, lower.day)
        raise ValueError(
            _("%(lower)s to %(upper)s is not one day, one month or one year.")
            % {"lower": lower, "upper": upper}
        )

    def __str__(self) -> str:
        """Return the ISO 8601 form, which `parse` reads back."""
        parts = [f"{self.year:04d}"]
        parts += [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, PartialDate):
            return NotImplemented
        return (self.earliest, self.latest) < (other.earliest, other.latest)

    @property
    def precision(self) -> Precision:
        """Say what the date is known to."""
        if self.month is None:
            return "year"
        return "month" if self.day is None else "day"

    @property
    def earliest(self) -> datetime.date:
        """Return the first day that the date may mean."""
        return datetime.date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> datetime.date:
        """Return the last day that the date may mean (inclusive)."""
        month = self.month or 12
        return datetime.date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def display(self) -> str:
        """Return the date in words of the active language, no more precise than it is known."""
        if self.precision == "day":
            return date_format(self.earliest, "DATE_FORMAT")
        if self.precision == "month":
            return date_format(self.earliest, "YEAR_MONTH_FORMAT")
        return str(self.year)


def _to_partial_date(value: Any) -> PartialDate | None:
    """Return the value that is meant; ValidationError (code "invalid") if none is.

    A `datetime.date` is refused: it does not say how precisely the date is known.
    """
    if value is None or isinstance(value, PartialDate):
        return value
    if not isinstance(value, str):
        raise ValidationError(
            _("A date is text or a PartialDate, not %(type)s."),
            code="invalid",
            params={"type": type(value).__name__},
        )
    try:
        return PartialDate.parse(value)
    except ValueError as error:
        raise ValidationError(str(error), code="invalid") from error


def _period(start: PartialDate | None, end: PartialDate | None) -> Any:
    """Return the range of days from the first of `start` to the last of `end`; None is open.

    It is empty, and so overlaps nothing, when it would end before it starts.
    """
    lower = start.earliest if start else None
    upper = end.latest + _ONE_DAY if end else None
    if lower and upper and lower >= upper:
        return DateRange(empty=True)
    return DateRange(lower, upper, "[)")


class PartialDateFormField(forms.CharField):
    """A text input for a partial date; its value is a PartialDate, or None when left empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "empty_value": None})

    def to_python(self, value: Any) -> Any:
        """Return the PartialDate typed in; ValidationError (code "invalid") for other text."""
        return _to_partial_date(super().to_python(value))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Show the accepted forms while the input is empty."""
        attrs = super().widget_attrs(widget)
        if not widget.is_hidden:
            attrs["placeholder"] = gettext_lazy("YYYY, YYYY-MM or YYYY-MM-DD")
        return attrs


_Set_contra = TypeVar("_Set_contra", contravariant=True)
_Get_co = TypeVar("_Get_co", covariant=True)

if TYPE_CHECKING:
    _Field = models.Field
else:

    class _Field(models.Field):
        """models.Field, which only the stubs know to be generic."""

        def __class_getitem__(cls, _types):
            return cls


class PartialDateField(_Field[_Set_contra, _Get_co]):
    """A column for a PartialDate: a `daterange` of exactly one year, one month or one day.

    Assign a PartialDate, its ISO text or None; what is read back is a PartialDate or None. A CHECK
    on the column refuses every other range, whoever writes it. Django emits that CHECK where the
    column is created (CreateModel, AddField) and keeps it when the column is renamed, but does
    not add it when AlterField turns a column of another type into this one: such a migration
    has to add a new column instead.
    """

    description = gettext_lazy("Date known to the year, the month or the day")
    # Makes "" no stand-in for a missing value: a missing date is NULL.
    empty_strings_allowed = False

    # What the mypy plugin of django-stubs takes the attribute's types from.
    _pyi_private_set_type: PartialDate | str | Combinable
    _pyi_private_get_type: PartialDate
    _pyi_lookup_exact_type: PartialDate | str

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return the column's type."""
        return "daterange"

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        """Return the CHECK that the range is one year, month or day in the years 1000..2999.

        NULL is for NOT NULL to refuse. CASE keeps the arithmetic away from ranges that have no
        bounds (`lower` and `upper` would be NULL there, and a CHECK passes on NULL) and from
        dates too remote for it. A date from PostgreSQL is canonical, `[)`, by itself.
        """
        column = connection.ops.quote_name(str(self.column))
        lower, upper = f"lower({column})", f"upper({column})"
        allowed = f"'[{FIRST_YEAR}-01-01,{LAST_YEAR + 1}-01-01)'::daterange"
        return (
            f"CASE WHEN {column} IS NULL THEN true"
            f" WHEN isempty({column}) OR NOT {column} <@ {allowed} THEN false"
            f" ELSE {upper} = {lower} + 1"
            f" OR (extract(day FROM {lower}) = 1 AND {upper} = {lower} + interval '1 month')"
            f" OR (extract(doy FROM {lower}) = 1 AND {upper} = {lower} + interval '1 year') END"
        )

    def to_python(self, value: Any) -> PartialDate | None:
        """Return the PartialDate; ValidationError (code "invalid") for what is none."""
        return _to_partial_date(value)

    def get_prep_value(self, value: Any) -> Any:
        """Return the PartialDate to be compared with or stored."""
        return self.to_python(super().get_prep_value(value))

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        """Return the range of days that PostgreSQL stores."""
        value = super().get_db_prep_value(value, connection, prepared)
        return _period(value, value) if isinstance(value, PartialDate) else value

    def from_db_value(
        self, value: Any, expression: object, connection: BaseDatabaseWrapper
    ) -> PartialDate | None:
        """Return the PartialDate that the range stands for."""
        return None if value is None else PartialDate.from_range(value.lower, value.upper)

    def value_to_string(self, obj: models.Model) -> str:
        """Return the ISO form for the serializers ("" for None, which XML has no word for)."""
        value = self.to_python(self.value_from_object(obj))
        return "" if value is None else str(value)

    def formfield(self, **kwargs: Any) -> Any:
        """Return a PartialDateFormField, unless another class is asked for."""
        return super().formfield(**{"form_class": PartialDateFormField, **kwargs})


@PartialDateField.register_lookup
class Overlaps(PostgresOperatorLookup):
    """`date__overlaps=`: has the date a day in common with a date, or with a period?

    The right-hand side is a PartialDate or its text, a pair (start, end) of them, either of which
    may be None for an open end, or an expression. Raises ValidationError for what is no date.
    PostgreSQL's `&&` can use a GiST index on the column.
    """

    lookup_name = "overlaps"
    postgres_operator = "&&"

    def get_prep_lookup(self) -> Any:
        """Return the range of days to compare with."""
        if self.rhs is None or hasattr(self.rhs, "resolve_expression"):
            return self.rhs
        pair = self.rhs if isinstance(self.rhs, tuple | list) else (self.rhs, self.rhs)
        start, end = map(_to_partial_date, pair)
        return _period(start, end)


def overlapping(
    field_name: str, start: PartialDate | None = None, end: PartialDate | None = None
) -> models.Q:
    """Return the condition that the date may lie between `start` and `end`, both included.

    None is an open end. Rows without a date meet the condition only if both ends are open; no
    row does if `end` is over before `start` begins. `field_name` may span relations.
    """
    if start is None and end is None:
        return models.Q()
    return models.Q((f"{field_name}__overlaps", (start, end)))


def year(field_name: str) -> ExtractYear:
    """Return the year of a PartialDateField as an integer expression (NULL without a date)."""
    first_day = Func(field_name, function="lower", output_field=models.DateField())
    return ExtractYear(first_day)
