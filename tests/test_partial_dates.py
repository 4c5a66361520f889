"""Partial dates: the value, the column and its CHECK, the lookups and the form field."""

import copy
import datetime
import pickle
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django import forms
from django.apps.registry import Apps
from django.contrib.postgres.indexes import GistIndex
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter
from django.db.models import Count, F, Value
from django.db.models.functions import Coalesce
from django.utils import translation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.records.dates import (
    PartialDate,
    PartialDateField,
    PartialDateFormField,
    overlapping,
    year,
)

DAY = datetime.timedelta(days=1)
# A registry of its own: the throw-away model is no part of the project's state.
REGISTRY = Apps()


class Thing(models.Model):
    date = PartialDateField()
    other = PartialDateField(null=True, blank=True)

    class Meta:
        app_label = "records"
        apps = REGISTRY
        db_table = "partial_date_thing"
        indexes = [GistIndex(fields=["other"], name="partial_date_thing_other")]

    def __str__(self) -> str:
        return str(self.date)


class ThingForm(forms.ModelForm):
    class Meta:
        model = Thing
        fields = ["date", "other"]


@pytest.fixture
def table(db: None) -> None:
    """Create the model's table; the test's transaction takes it away again."""
    with connection.schema_editor() as editor:
        editor.create_model(Thing)


def on_database(examples: int):
    """Return the settings of a property whose examples share one table, emptied by each."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def partial_dates(first: int = 1000, last: int = 2999) -> st.SearchStrategy[PartialDate]:
    days = st.dates(datetime.date(first, 1, 1), datetime.date(last, 12, 31))
    return st.builds(
        lambda day, parts: PartialDate(*(day.year, day.month, day.day)[:parts]),
        days,
        st.integers(1, 3),
    )


# The value


@pytest.mark.parametrize(
    ("text", "precision", "earliest", "latest"),
    [
        ("2015", "year", "2015-01-01", "2015-12-31"),
        ("2015-06", "month", "2015-06-01", "2015-06-30"),
        ("2015-12", "month", "2015-12-01", "2015-12-31"),
        ("2015-02", "month", "2015-02-01", "2015-02-28"),
        ("2016-02", "month", "2016-02-01", "2016-02-29"),
        ("1900-02", "month", "1900-02-01", "1900-02-28"),
        ("2015-06-30", "day", "2015-06-30", "2015-06-30"),
        ("2016-02-29", "day", "2016-02-29", "2016-02-29"),
        ("1000", "year", "1000-01-01", "1000-12-31"),
        ("2999-12-31", "day", "2999-12-31", "2999-12-31"),
    ],
)
def test_parse(text: str, precision: str, earliest: str, latest: str) -> None:
    date = PartialDate.parse(text)
    assert str(date) == text
    assert date.precision == precision
    assert date.earliest == datetime.date.fromisoformat(earliest)
    assert date.latest == datetime.date.fromisoformat(latest)


@pytest.mark.parametrize("text", [" 2015-06", "2015-06\n", "\t2015-06\u00a0"])
def test_parse_ignores_white_space_around(text: str) -> None:
    assert PartialDate.parse(text) == PartialDate(2015, 6)


FORM = "Enter a date as YYYY, YYYY-MM or YYYY-MM-DD."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", FORM),
        ("   ", FORM),
        ("soon", FORM),
        ("15", FORM),
        ("201506", FORM),
        ("20150630", FORM),
        ("2015-6", FORM),
        ("2015-06-3", FORM),
        ("2015-", FORM),
        ("2015-06-", FORM),
        ("2015 -06", FORM),
        ("2015-06 -30", FORM),
        ("2015/06/30", FORM),
        ("30.06.2015", FORM),
        ("-2015", FORM),
        ("+2015", FORM),
        ("02015", FORM),
        ("2015-06-30T00:00", FORM),
        ("2015\x00", FORM),
        ("2015–06", FORM),
        ("٢٠١٥", FORM),
        ("２０１５", FORM),
        ("2015-٠٦", FORM),
        ("2015-06~", FORM),
        ("2015/2016", FORM),
        ("2015-00", "The calendar has no date 2015-00."),
        ("2015-13", "The calendar has no date 2015-13."),
        ("2015-21", "The calendar has no date 2015-21."),
        ("2015-00-01", "The calendar has no date 2015-00-01."),
        ("2015-06-00", "The calendar has no date 2015-06-00."),
        ("2015-06-31", "The calendar has no date 2015-06-31."),
        ("2015-02-29", "The calendar has no date 2015-02-29."),
        ("1900-02-29", "The calendar has no date 1900-02-29."),
        ("0000", "The year must be from 1000 to 2999."),
        ("0999-12-31", "The year must be from 1000 to 2999."),
        ("3000", "The year must be from 1000 to 2999."),
        ("9999-12-31", "The year must be from 1000 to 2999."),
    ],
)
def test_parse_refuses(text: str, message: str) -> None:
    with translation.override("en"), pytest.raises(ValueError) as caught:  # noqa: PT011
        PartialDate.parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "parts",
    [(999,), (3000,), (2015, 13), (2015, 0), (2015, -1), (2015, None, 1), (2015, 2, 30)],
)
def test_no_impossible_value_exists(parts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        PartialDate(*parts)


@given(partial_dates())
def test_text_round_trip(date: PartialDate) -> None:
    assert PartialDate.parse(str(date)) == date


@given(
    st.text()
    | st.text("0123456789- ")
    | st.from_regex(r"\d{4}(-\d\d(-\d\d)?)?", fullmatch=True)
    | st.from_regex(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", fullmatch=True)
)
@example("2015\u0660")
def test_any_text_is_a_date_or_a_value_error(text: str) -> None:
    try:
        date = PartialDate.parse(text)
    except ValueError:
        return
    assert str(date) == text.strip()


@given(partial_dates())
def test_range_round_trip(date: PartialDate) -> None:
    assert PartialDate.from_range(date.earliest, date.latest + DAY) == date


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        (datetime.date(2015, 1, 1), datetime.date(2015, 1, 1)),
        (datetime.date(2015, 1, 2), datetime.date(2015, 1, 1)),
        (datetime.date(2015, 1, 1), datetime.date(2015, 1, 3)),
        (datetime.date(2015, 1, 2), datetime.date(2015, 2, 2)),
        (datetime.date(2015, 2, 1), datetime.date(2016, 2, 1)),
        (datetime.date(2015, 1, 1), datetime.date(2017, 1, 1)),
        (datetime.date(999, 1, 1), datetime.date(1000, 1, 1)),
        (datetime.date(3000, 1, 1), datetime.date(3000, 1, 2)),
        (datetime.date.max, datetime.date.max),
        (None, datetime.date(2015, 1, 1)),
        (datetime.date(2015, 1, 1), None),
        (None, None),
    ],
)
def test_from_range_refuses_other_periods(
    lower: datetime.date | None, upper: datetime.date | None
) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        PartialDate.from_range(lower, upper)


def test_order() -> None:
    ordered = ["2014-12-31", "2015-01-01", "2015-01", "2015", "2015-01-02", "2015-02", "2016"]
    dates = [PartialDate.parse(text) for text in ordered]
    assert sorted(set(dates)) == dates
    for before, after in pairwise(dates):
        assert before < after
        assert before <= after
        assert after > before
        assert after >= before


def test_is_a_plain_value() -> None:
    date = PartialDate(2015, 6)
    assert date == PartialDate.parse("2015-06")
    assert len({date, PartialDate(2015, 6), PartialDate(2015, 6, 1), PartialDate(2015)}) == 3
    assert pickle.loads(pickle.dumps(date)) == copy.deepcopy(date) == date  # noqa: S301 - pickled a moment ago
    assert date != "2015-06"
    with pytest.raises(AttributeError):
        date.year = 2016  # type: ignore[misc]
    with pytest.raises(TypeError):
        assert date < datetime.date(2015, 6, 1)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["2015", "June 2015", "30 June 2015"]),
        ("fr", ["2015", "juin 2015", "30 juin 2015"]),
        ("es", ["2015", "junio de 2015", "30 de junio de 2015"]),
        ("zh-hans", ["2015", "2015年6月", "2015年6月30日"]),
    ],
)
def test_display(language: str, shown: list[str]) -> None:
    dates = [PartialDate(2015), PartialDate(2015, 6), PartialDate(2015, 6, 30)]
    with translation.override(language):
        assert [date.display() for date in dates] == shown


# The column and its CHECK


def insert_range(text: str | None) -> None:
    """Insert a row past Django; IntegrityError if the CHECK refuses it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO partial_date_thing (date) VALUES (%s::daterange)", [text])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        "empty",
        "[2015-01-01,2015-01-01)",
        "(,)",
        "[2015-01-01,)",
        "(,2015-01-01)",
        "[-infinity,infinity]",
        "[2015-01-01,infinity)",
        "[2015-01-01,infinity]",
        "[-infinity,2015-01-01)",
        "[infinity,infinity]",
        "[2015-01-01,2015-01-03)",
        "[2015-01-02,2015-02-02)",
        "[2015-01-31,2015-02-28)",
        "[2015-01-01,2015-03-01)",
        "[2015-01-01,2015-01-31)",
        "[2015-02-01,2016-02-01)",
        "[2015-01-01,2017-01-01)",
        "[2015-01-01,2015-12-31)",
        "[0999-01-01,1000-01-01)",
        "[0999-12-31,1000-01-01)",
        "[0999-12-31,1000-12-31)",
        "[3000-01-01,3000-01-02)",
        "[3000-01-01,3001-01-01)",
        "[2999-12-31,3000-01-02)",
        "[4713-01-01 BC,4713-01-02 BC)",
        "[300000-01-01,300001-01-01)",
        "[5874897-12-30,5874897-12-31)",
    ],
)
def test_check_refuses_other_ranges(table: None, text: str) -> None:
    with pytest.raises(IntegrityError, match="partial_date_thing_date_check"):
        insert_range(text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("[2015-01-01,2016-01-01)", "2015"),
        ("[2015-01-01,2015-12-31]", "2015"),
        ("(2014-12-31,2015-12-31]", "2015"),
        ("[2016-02-01,2016-02-29]", "2016-02"),
        ("[2015-12-01,2016-01-01)", "2015-12"),
        ("[2016-02-29,2016-02-29]", "2016-02-29"),
        ("[1000-01-01,1000-01-02)", "1000-01-01"),
        ("[2999-01-01,3000-01-01)", "2999"),
    ],
)
def test_check_admits_the_three_precisions(table: None, text: str, date: str) -> None:
    insert_range(text)
    assert str(Thing.objects.get().date) == date


@pytest.mark.django_db
def test_missing_date_is_for_not_null_to_refuse(table: None) -> None:
    with pytest.raises(IntegrityError, match="null value"):
        insert_range(None)


@pytest.mark.django_db
@on_database(60)
@given(
    st.dates(datetime.date(998, 1, 1), datetime.date(3001, 12, 31)),
    st.integers(0, 3),
    st.sampled_from([0, 1, 2, 27, 28, 29, 30, 31, 32, 59, 364, 365, 366, 367, 730]),
)
def test_check_and_python_agree(table: None, day: datetime.date, snap: int, length: int) -> None:
    lower = [day, day.replace(day=1), day.replace(month=1, day=1), day.replace(month=2, day=1)][
        snap
    ]
    upper = lower + length * DAY
    try:
        expected = PartialDate.from_range(lower, upper)
    except ValueError:
        with pytest.raises(IntegrityError):
            insert_range(f"[{lower},{upper})")
    else:
        Thing.objects.all().delete()
        insert_range(f"[{lower},{upper})")
        assert Thing.objects.get().date == expected


def migrate(state: ProjectState, operation: migrations.operations.base.Operation) -> ProjectState:
    """Carry out the operation on the database; return the state after it."""
    after = state.clone()
    operation.state_forwards("records", after)
    with connection.schema_editor() as editor:
        operation.database_forwards("records", editor, state, after)
    return after


@pytest.fixture
def migrated(db: None) -> ProjectState:
    """Create `records_dated` by a migration, with the column `made`."""
    fields = [("id", models.BigAutoField(primary_key=True)), ("made", PartialDateField())]
    return migrate(ProjectState(), migrations.CreateModel("Dated", fields))


def assert_refused(column: str) -> None:
    """Fail unless the CHECK keeps two days out of the column; other dates are 2015."""
    row = {"made": "[2015-01-01,2016-01-01)", column: "[2015-01-01,2015-01-03)"}
    columns = ", ".join(f'"{name}"' for name in row)
    insert = f"INSERT INTO records_dated ({columns}) VALUES %s"
    with (
        pytest.raises(IntegrityError, match="violates check constraint"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(insert, [tuple(row.values())])


@pytest.mark.django_db
def test_create_model_emits_the_check(migrated: ProjectState) -> None:
    assert_refused("made")


@pytest.mark.django_db
def test_add_field_emits_the_check_and_renaming_keeps_it(migrated: ProjectState) -> None:
    # A name that must be quoted.
    added = PartialDateField(null=True, blank=True, db_column="Gone at")
    state = migrate(migrated, migrations.AddField("Dated", "gone", added))
    assert_refused("Gone at")
    required = PartialDateField(default="2015", db_column="Gone at")
    state = migrate(state, migrations.AlterField("Dated", "gone", required))
    assert_refused("Gone at")
    moved = PartialDateField(default="2015", db_column="left")
    state = migrate(state, migrations.AlterField("Dated", "gone", moved))
    assert_refused("left")
    migrate(state, migrations.RemoveField("Dated", "gone"))


@pytest.mark.django_db
def test_add_field_with_a_default_fills_the_rows(migrated: ProjectState) -> None:
    migrated.apps.get_model("records", "Dated").objects.create(made="2015-06")
    new = PartialDateField(default="2014")
    state = migrate(migrated, migrations.AddField("Dated", "new", new))
    row = state.apps.get_model("records", "Dated").objects.get()
    assert (row.made, row.new) == (PartialDate(2015, 6), PartialDate(2014))


def test_migrations_can_write_the_field() -> None:
    field = PartialDateField(null=True, blank=True, verbose_name="decided")
    _name, path, args, kwargs = field.deconstruct()
    assert path == "portal.records.dates.PartialDateField"
    assert (args, kwargs) == ([], {"null": True, "blank": True, "verbose_name": "decided"})
    assert MigrationWriter.serialize(field)[0] == (
        "portal.records.dates.PartialDateField(blank=True, null=True, verbose_name='decided')"
    )
    assert PartialDateField(*args, **kwargs).deconstruct()[1:] == (path, args, kwargs)


# Storing and querying


@pytest.mark.django_db
def test_save_and_read(table: None) -> None:
    thing = Thing.objects.create(date="2015-06", other=PartialDate(2015))
    read = Thing.objects.get(pk=thing.pk)
    assert (read.date, read.other) == (PartialDate(2015, 6), PartialDate(2015))
    read.other = None
    read.save()
    assert Thing.objects.values_list("date", "other").get() == (PartialDate(2015, 6), None)
    assert list(Thing.objects.values_list("date", flat=True)) == [PartialDate(2015, 6)]


@pytest.mark.django_db
def test_comparisons(table: None) -> None:
    texts = ["2015-01-01", "2015-01", "2015", "2015-01-02"]
    Thing.objects.bulk_create(Thing(date=text) for text in texts)

    def found(**lookups: object) -> list[str]:
        return [str(thing.date) for thing in Thing.objects.filter(**lookups).order_by("date")]

    assert found(date="2015") == found(date=PartialDate(2015)) == ["2015"]
    assert found(date__lt="2015") == ["2015-01-01", "2015-01"]
    assert found(date__gte=PartialDate(2015)) == ["2015", "2015-01-02"]
    assert found(date__in=["2015", PartialDate(2015, 1)]) == ["2015-01", "2015"]
    assert found(date__range=("2015-01", "2015")) == ["2015-01", "2015"]
    assert found(other=None) == found(other__isnull=True) == texts
    with pytest.raises(ValidationError):
        found(date="last year")


@pytest.mark.django_db
def test_bulk_operations_and_expressions(table: None) -> None:
    things = Thing.objects.bulk_create(
        [Thing(date="2015", other="2014-06"), Thing(date=PartialDate(2016, 2, 29))]
    )
    things[0].date, things[0].other = PartialDate(2017, 3), None
    things[1].date, things[1].other = "2018", "2019-01"
    assert Thing.objects.bulk_update(things, ["date", "other"]) == 2
    rows = Thing.objects.order_by("pk").values_list("date", "other")
    assert [tuple(map(str, row)) for row in rows] == [("2017-03", "None"), ("2018", "2019-01")]
    Thing.objects.update(other=F("date"))
    assert Thing.objects.filter(other=F("date")).count() == 2
    Thing.objects.filter(pk=things[0].pk).update(other=None, date="2020-01-01")
    known = Coalesce("other", Value(PartialDate(1999), output_field=PartialDateField()))
    assert list(Thing.objects.order_by("pk").annotate(k=known).values_list("k", flat=True)) == [
        PartialDate(1999),
        PartialDate(2018),
    ]


@pytest.mark.django_db
@on_database(40)
@given(st.lists(partial_dates(2014, 2016), max_size=12))
def test_order_agrees_with_postgresql(table: None, dates: list[PartialDate]) -> None:
    Thing.objects.all().delete()
    Thing.objects.bulk_create(Thing(date=date) for date in dates)
    assert list(Thing.objects.order_by("date").values_list("date", flat=True)) == sorted(dates)
    assert list(Thing.objects.order_by("-date").values_list("date", flat=True)) == sorted(
        dates, reverse=True
    )


@pytest.mark.django_db
def test_newest_first_with_unknown_last(table: None) -> None:
    Thing.objects.bulk_create(
        Thing(date="2000", other=other) for other in ["2015", None, "2016-02", "2015-12-31"]
    )
    rows = Thing.objects.order_by(F("other").desc(nulls_last=True), "pk")
    assert [str(row.other) for row in rows] == ["2016-02", "2015-12-31", "2015", "None"]


def days(start: datetime.date, end: datetime.date) -> set[datetime.date]:
    """Return every day from `start` to `end`, both included."""
    return {start + n * DAY for n in range((end - start).days + 1)}


@pytest.mark.django_db
@on_database(60)
@given(
    st.lists(st.none() | partial_dates(2014, 2016), max_size=8),
    st.none() | partial_dates(2013, 2017),
    st.none() | partial_dates(2013, 2017),
)
@example([PartialDate(2015)], PartialDate(2016), PartialDate(2014))
@example([None, PartialDate(2015)], None, None)
def test_overlap_agrees_with_days(
    table: None,
    dates: list[PartialDate | None],
    start: PartialDate | None,
    end: PartialDate | None,
) -> None:
    Thing.objects.all().delete()
    Thing.objects.bulk_create(Thing(date="2000", other=date) for date in dates)
    found = Thing.objects.filter(overlapping("other", start, end)).order_by("pk")
    asked = days(
        start.earliest if start else datetime.date(2013, 1, 1),
        end.latest if end else datetime.date(2017, 12, 31),
    )
    both_open = start is None and end is None
    assert list(found.values_list("other", flat=True)) == [
        date
        for date in dates
        if both_open or (date is not None and days(date.earliest, date.latest) & asked)
    ]


@pytest.mark.django_db
def test_overlaps_lookup(table: None) -> None:
    Thing.objects.create(date="2015-06-30", other="2015-06")
    Thing.objects.create(date="2015-07-01", other=None)

    def count(**lookups: object) -> int:
        return Thing.objects.filter(**lookups).count()

    assert count(date__overlaps="2015") == count(date__overlaps=PartialDate(2015)) == 2
    assert count(date__overlaps="2015-07") == 1
    assert count(date__overlaps=("2015-07", None)) == count(date__overlaps=[None, "2015-06"]) == 1
    assert count(date__overlaps=F("other")) == 1
    assert count(date__overlaps=("2016", "2014")) == 0
    # Two open ends mean "whenever", but still a date.
    assert count(other__overlaps=(None, None)) == 1
    with pytest.raises(ValidationError):
        count(date__overlaps="sometime")
    with pytest.raises(ValidationError):
        count(date__overlaps=datetime.date(2015, 1, 1))
    with pytest.raises(ValueError, match="None"):
        count(date__overlaps=None)


@pytest.mark.django_db
@pytest.mark.parametrize("period", [("2015", "2016-02"), ("2015", None), (None, "2015")])
def test_overlap_can_use_the_index(table: None, period: tuple[str | None, str | None]) -> None:
    start, end = (PartialDate.parse(text) if text else None for text in period)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Thing.objects.filter(overlapping("other", start, end)).explain()
    assert "partial_date_thing_other" in plan
    assert "Index Cond: (other &&" in plan


@pytest.mark.django_db
def test_year(table: None) -> None:
    Thing.objects.bulk_create(
        Thing(date="2000", other=other) for other in ["2015-12-31", None, "2014", "2015-01"]
    )
    things = Thing.objects.annotate(y=year("other"))
    years = list(things.order_by(F("y").desc(nulls_last=True)).values_list("y", flat=True))
    assert years == [2015, 2015, 2014, None]
    assert [type(y) for y in years[:3]] == [int, int, int]
    assert things.filter(y=2015).count() == 2
    assert things.filter(y__gte=2014, y__lt=2015).count() == 1
    counts = things.values("y").annotate(n=Count("pk")).order_by("y")
    assert list(counts.values_list("y", "n")) == [(2014, 1), (2015, 2), (None, 1)]
    assert Thing.objects.order_by(year("other").asc(nulls_first=True), "pk")[0].other is None


# Serializing, cleaning, forms


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["json", "jsonl", "xml", "python"])
def test_serializers(table: None, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Deserializers look the model up in the project's registry, where it is not.
    registry = SimpleNamespace(get_model=lambda _name: Thing)
    monkeypatch.setattr("django.core.serializers.python.apps", registry)
    monkeypatch.setattr("django.core.serializers.xml_serializer.apps", registry)
    thing = Thing.objects.create(date="2015-06", other=None)
    Thing.objects.create(date="2016", other="2015-06-30")
    text = serializers.serialize(form, Thing.objects.order_by("pk"))
    assert "2015-06" in str(text)
    Thing.objects.all().delete()
    for item in serializers.deserialize(form, text):
        item.save()
    assert list(Thing.objects.order_by("pk").values_list("pk", "date", "other")) == [
        (thing.pk, PartialDate(2015, 6), None),
        (thing.pk + 1, PartialDate(2016), PartialDate(2015, 6, 30)),
    ]
    assert Thing._meta.get_field("other").value_to_string(thing) == ""


def test_full_clean() -> None:
    thing = Thing(date=" 2015-06 ")
    thing.full_clean()
    assert thing.date == PartialDate(2015, 6)
    assert thing.other is None


@pytest.mark.parametrize(
    "value", ["", "2015-13", "x", 2015, 2015.0, True, datetime.date(2015, 6, 1), ["2015"], b"2015"]
)
def test_full_clean_refuses(value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Thing(date=value, other="2015-02-30").full_clean()
    errors = caught.value.error_dict
    assert errors["date"][0].code in ("invalid", "blank")
    assert errors["other"][0].code == "invalid"
    assert errors["other"][0].messages == ["The calendar has no date 2015-02-30."]


def test_required_date_may_not_be_missing() -> None:
    with pytest.raises(ValidationError) as caught:
        Thing().full_clean()
    assert caught.value.error_dict["date"][0].code == "null"


def test_model_form() -> None:
    form = ThingForm({"date": " 2015-06 ", "other": "  "})
    assert isinstance(form.fields["date"], PartialDateFormField)
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"date": PartialDate(2015, 6), "other": None}
    assert form.instance.date == PartialDate(2015, 6)


def test_model_form_errors() -> None:
    form = ThingForm({"date": "", "other": "June 2015"})
    assert form.errors.as_data()["date"][0].code == "required"
    (error,) = form.errors.as_data()["other"]
    assert (error.code, error.messages) == ("invalid", [FORM])
    # What was typed is shown again.
    assert 'value="June 2015"' in str(form["other"])


def test_form_shows_the_date_as_typed() -> None:
    form = ThingForm(instance=Thing(date=PartialDate(2015, 6)))
    assert 'value="2015-06"' in str(form["date"])
    assert 'placeholder="YYYY, YYYY-MM or YYYY-MM-DD"' in str(form["date"])
    assert "value=" not in str(form["other"])


def test_hidden_input_has_no_placeholder() -> None:
    assert PartialDateFormField(widget=forms.HiddenInput).widget.attrs == {}
    assert "placeholder" in PartialDateFormField().widget.attrs


def test_disabled_form_field_keeps_its_date() -> None:
    assert PartialDateFormField(disabled=True).clean(PartialDate(2015, 6)) == PartialDate(2015, 6)


@pytest.mark.parametrize(
    ("typed", "changed"),
    [("2015-06", False), (" 2015-06", False), ("2015-06-01", True), ("", True), ("x", True)],
)
def test_form_notices_changes(typed: str, changed: bool) -> None:
    field = PartialDateFormField(required=False)
    assert field.has_changed(PartialDate(2015, 6), typed) is changed


@given(st.text())
def test_form_field_yields_a_date_or_a_validation_error(text: str) -> None:
    try:
        value = PartialDateFormField(required=False).clean(text)
    except ValidationError:
        return
    assert value is None or str(value) == text.strip()


def test_form_field_refuses_null_characters() -> None:
    with pytest.raises(ValidationError):
        PartialDateFormField().clean("2015\x00")
