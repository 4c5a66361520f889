"""Jurisdictions and regions, vocabularies, treaty articles and the status of the Protocol."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.reference.labels import UN_LANGUAGES, LabelsField, localized
from portal.reference.provenance import Loaded, Source
from portal.reference.words import WordsField


class DataVersion(models.Model):
    """A mark that changes with the data, so that what is kept in memory can be known as stale.

    The mark is random and not a counter: a counter could be given twice, once in a transaction
    that is rolled back.
    """

    REFERENCE = "reference"
    RECORDS = "records"

    name = models.CharField(max_length=20, primary_key=True)
    token = models.UUIDField(default=uuid.uuid4)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name} {self.token}"

    @classmethod
    def bump(cls, name: str) -> None:
        """Say, inside the transaction of the change, that `reference` or `records` changed."""
        last = cls.objects.aggregate(last=models.Max("changed_at"))["last"]
        now = timezone.now()
        # Clients may ask by the date alone. Where the clock was set back, the date goes on all the
        # same: one that was given out must not come back for other data.
        moment = now if last is None or now > last else last + timedelta(seconds=1)
        token = uuid.uuid4()
        if not cls.objects.filter(name=name).update(token=token, changed_at=moment):
            cls.objects.update_or_create(name=name, defaults={"token": token})


class Region(Loaded):
    """A region of the United Nations' geoscheme (UN M49); regions nest up to three deep."""

    class Level(models.TextChoices):
        REGION = "region", _("Region")
        SUB_REGION = "sub_region", _("Sub-region")
        INTERMEDIATE_REGION = "intermediate_region", _("Intermediate region")

    code = models.CharField(_("M49 code"), max_length=3, primary_key=True)
    level = models.CharField(_("level"), max_length=20, choices=Level.choices)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    names = LabelsField(_("names"))
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        constraints = [
            models.CheckConstraint(name="region_code_is_m49", condition=Q(code__regex=r"^\d{3}$")),
            models.CheckConstraint(name="region_is_not_its_parent", condition=~Q(parent=F("code"))),
        ]

    def __str__(self) -> str:
        return localized(self.names)


class Process(Loaded):
    """A regional consultative process or organization and its members among jurisdictions."""

    code = models.SlugField(_("code"), max_length=60, primary_key=True)
    labels = LabelsField(_("labels"))
    as_of = models.CharField(_("membership as of"), max_length=100, blank=True)
    stated_members = models.PositiveSmallIntegerField(
        _("stated number of members"), null=True, blank=True
    )
    note = models.TextField(_("note"), blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        verbose_name = _("regional process")
        verbose_name_plural = _("regional processes")

    def __str__(self) -> str:
        return localized(self.labels)


class ProcessSource(Source):
    process = models.ForeignKey(Process, on_delete=models.CASCADE, related_name="sources")


class Jurisdiction(Loaded):
    """A State, a territory or a supranational court, under its ISO 3166-1 alpha-3 code.

    Beyond ISO: XKX, EUE (Court of Justice of the European Union) and XCE (European Court of
    Human Rights). `names` are customary short names (Unicode CLDR), `un_names` those of the
    United Nations Statistics Division.
    """

    class Kind(models.TextChoices):
        COUNTRY_OR_TERRITORY = "country_or_territory", _("Country or territory")
        INTERNATIONAL_COURT = "international_court", _("International court")

    class UnStatus(models.TextChoices):
        MEMBER = "member", _("Member State")
        OBSERVER = "observer", _("Observer State")

    code = models.CharField(_("code"), max_length=3, primary_key=True)
    alpha2 = models.CharField(_("alpha-2 code"), max_length=2, blank=True)
    numeric = models.CharField(_("numeric code"), max_length=3, blank=True)
    kind = models.CharField(_("kind"), max_length=30, choices=Kind.choices)
    names = LabelsField(_("names"))
    un_names = LabelsField(_("United Nations names"), blank=True)
    un_name_differs = models.BooleanField(_("the English names differ"), default=False)
    organization = LabelsField(_("organization"), blank=True)
    region = models.ForeignKey(
        Region,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="jurisdictions",
        help_text=_("The smallest M49 region; the larger ones follow from it."),
    )
    un_status = models.CharField(
        _("status in the United Nations"), max_length=10, choices=UnStatus.choices, blank=True
    )
    processes = models.ManyToManyField(
        Process,
        through="ProcessMembership",
        blank=True,
        related_name="members",
        verbose_name=_("regional processes"),
    )
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("jurisdiction")
        verbose_name_plural = _("jurisdictions")
        constraints = [
            models.CheckConstraint(
                name="jurisdiction_code_is_alpha3", condition=Q(code__regex=r"^[A-Z]{3}$")
            ),
            models.CheckConstraint(
                name="jurisdiction_numeric_is_three_digits",
                condition=Q(numeric="") | Q(numeric__regex=r"^\d{3}$"),
            ),
            models.UniqueConstraint(
                name="jurisdiction_alpha2_once", fields=["alpha2"], condition=~Q(alpha2="")
            ),
        ]

    def __str__(self) -> str:
        return localized(self.names)


class ProcessMembership(models.Model):
    """A jurisdiction's place in a regional process, in the order of the source."""

    class Capacity(models.TextChoices):
        MEMBER = "member", _("Member")
        OBSERVER = "observer", _("Observer")

    jurisdiction = models.ForeignKey(Jurisdiction, on_delete=models.CASCADE)
    process = models.ForeignKey(Process, on_delete=models.CASCADE)
    capacity = models.CharField(
        _("capacity"), max_length=8, choices=Capacity.choices, default=Capacity.MEMBER
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(name="membership_once", fields=["jurisdiction", "process"])
        ]

    def __str__(self) -> str:
        return f"{self.jurisdiction_id} in {self.process_id}"


class Vocabulary(models.Model):
    """A controlled vocabulary: a closed list of terms."""

    code = models.SlugField(_("code"), max_length=40, primary_key=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        verbose_name = _("vocabulary")
        verbose_name_plural = _("vocabularies")

    def __str__(self) -> str:
        return self.code.replace("_", " ")


def _official_languages_field() -> ArrayField:
    return ArrayField(
        models.CharField(max_length=2, choices=[(code, code) for code in UN_LANGUAGES]),
        verbose_name=_("languages of official labels"),
        default=list,
        blank=True,
        help_text=_("Languages whose label was seen in a United Nations text; others are ours."),
    )


class Term(Loaded):
    """A term of a vocabulary. Its key is `vocabulary:code`, as in `modes:sea`.

    The key carries the vocabulary so that a column that refers to a term can be bound to its
    vocabulary by a check constraint (`portal.records.terms`).
    """

    id = models.CharField(_("key"), max_length=100, primary_key=True)
    vocabulary = models.ForeignKey(Vocabulary, on_delete=models.PROTECT, related_name="terms")
    code = models.CharField(_("code"), max_length=60)
    labels = LabelsField(_("labels"))
    official_languages = _official_languages_field()
    definition = models.TextField(_("definition"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["vocabulary", "position"]
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        constraints = [
            models.UniqueConstraint(name="term_code_once", fields=["vocabulary", "code"]),
            models.CheckConstraint(
                name="term_key_is_vocabulary_and_code",
                condition=Q(id=Concat(F("vocabulary_id"), Value(":"), F("code"))),
            ),
        ]

    def __str__(self) -> str:
        return localized(self.labels)


class TreatyArticle(Loaded):
    """An article, paragraph or sub-paragraph of the Protocol or the Convention.

    Codes: `6.1.a` is article 6, paragraph 1 (a), of the Protocol against the Smuggling of
    Migrants by Land, Sea and Air (2000); `C5` is article 5 of the United Nations Convention
    against Transnational Organized Crime (2000).
    """

    class Instrument(models.TextChoices):
        PROTOCOL = "protocol", _("Smuggling of Migrants Protocol")
        CONVENTION = "convention", _("Organized Crime Convention")

    code = models.CharField(_("code"), max_length=12, primary_key=True)
    instrument = models.CharField(_("instrument"), max_length=12, choices=Instrument.choices)
    labels = LabelsField(_("labels"))
    official_languages = _official_languages_field()
    definition = models.TextField(_("what it asks for"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position"]
        verbose_name = _("treaty article")
        verbose_name_plural = _("treaty articles")

    def __str__(self) -> str:
        return f"{self.citation} {localized(self.labels)}"

    @property
    def citation(self) -> str:
        """The number as lawyers write it: `6.1.b.ii` gives `6(1)(b)(ii)`, `C5` gives `5`."""
        first, *rest = self.code.removeprefix("C").split(".")
        return first + "".join(f"({part})" for part in rest)


class TreatyStatus(Loaded):
    """What a jurisdiction has done about the Smuggling of Migrants Protocol, with dates."""

    class Act(models.TextChoices):
        RATIFICATION = "ratification", _("Ratification")
        ACCESSION = "accession", _("Accession")
        ACCEPTANCE = "acceptance", _("Acceptance")
        APPROVAL = "approval", _("Approval")
        SUCCESSION = "succession", _("Succession")

    jurisdiction = models.OneToOneField(
        Jurisdiction, on_delete=models.PROTECT, related_name="treaty_status"
    )
    signed = models.DateField(_("signed"), null=True, blank=True)
    consent = models.DateField(
        _("consent to be bound"),
        null=True,
        blank=True,
        help_text=_("Date of the ratification, accession, acceptance, approval or succession."),
    )
    act = models.CharField(_("act"), max_length=12, choices=Act.choices, blank=True)
    is_party = models.BooleanField(_("party"), default=False)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["jurisdiction"]
        verbose_name = _("treaty status")
        verbose_name_plural = _("treaty status")
        constraints = [
            models.CheckConstraint(
                name="treaty_consent_makes_a_party",
                condition=Q(consent__isnull=True) | Q(is_party=True),
            ),
            models.CheckConstraint(
                name="treaty_act_has_a_date", condition=Q(act="") | Q(consent__isnull=False)
            ),
            # The Protocol was adopted on 15 November 2000 (General Assembly resolution 55/25).
            models.CheckConstraint(
                name="treaty_dates_after_adoption",
                condition=(Q(signed__isnull=True) | Q(signed__gte="2000-11-15"))
                & (Q(consent__isnull=True) | Q(consent__gte="2000-11-15")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.jurisdiction_id}: {self.get_act_display() or self.is_party}"


class TreatyStatusSource(Source):
    treaty_status = models.ForeignKey(
        TreatyStatus, on_delete=models.CASCADE, related_name="sources"
    )


class ThesaurusEntry(Loaded):
    """Other words for a jurisdiction or a concept, by which the search finds what carries it.

    An entry of a jurisdiction bears its code and adds to its names; an entry of a concept has
    labels, and the terms by which records carry the concept.
    """

    code = models.CharField(_("code"), max_length=60, primary_key=True)
    place = models.OneToOneField(
        Jurisdiction,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="thesaurus_entry",
        verbose_name=_("jurisdiction"),
    )
    labels = LabelsField(_("labels"), blank=True)
    definition = models.TextField(_("definition"), blank=True)
    terms = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("terms"),
        default=list,
        blank=True,
        help_text=_("Keys of terms and treaty articles: modes:sea, protocol_articles:6.1.a"),
    )
    words = WordsField(_("other words"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "code"]
        verbose_name = _("thesaurus entry")
        verbose_name_plural = _("thesaurus")
        constraints = [
            models.CheckConstraint(
                name="thesaurus_place_bears_its_code",
                condition=Q(place__isnull=True) | Q(place=F("code")),
            ),
            models.CheckConstraint(
                name="thesaurus_concept_has_labels",
                condition=Q(place__isnull=False) | ~Q(labels={}),
            ),
        ]

    def __str__(self) -> str:
        return localized(self.labels) or (str(self.place) if self.place else self.code)

    def clean(self) -> None:
        """Refuse terms that no vocabulary has, and a name that is neither place nor concept."""
        super().clean()
        if self.place_id and self.place_id != self.code:
            raise ValidationError({"code": _("The entry of a jurisdiction bears its code.")})
        if not self.place_id and not self.labels:
            raise ValidationError({"labels": _("A concept has a label.")})
        keys = {key for key in self.terms if "\x00" not in key}
        known = set(Term.objects.filter(pk__in=keys).values_list("pk", flat=True))
        articles = TreatyArticle.objects.values_list("code", flat=True)
        known |= {f"protocol_articles:{code}" for code in articles}
        unknown = [key for key in self.terms if key not in known]
        if unknown:
            raise ValidationError(
                {"terms": _("No term has this key: %(keys)s.") % {"keys": ", ".join(unknown)}}
            )
