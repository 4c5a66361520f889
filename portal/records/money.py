"""Amounts of money: as the source gives them, never converted."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

validate_currency = RegexValidator(r"^[A-Z]{3}$", _("A currency is an ISO 4217 code."))


def money_constraints(name: str, amount: str, currency: str) -> list[models.CheckConstraint]:
    """An amount has a currency (ISO 4217, three capitals) and is above zero, or both are absent."""
    return [
        models.CheckConstraint(
            name=f"{name}_is_complete",
            condition=Q(**{f"{amount}__isnull": True, currency: ""})
            | Q(**{f"{amount}__gt": 0, f"{currency}__regex": r"^[A-Z]{3}$"}),
        )
    ]
