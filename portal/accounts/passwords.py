"""Passwords that everybody who knows the portal would try."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

#: Words of this place, in any language that a curator might write them in.
WORDS = (
    *("smuggling", "smuggler", "migrants", "migrant", "migration", "knowledge", "portal"),
    *("caselaw", "legislation", "bibliography", "curator", "admin", "password", "protocol"),
    *("unodc", "palermo", "trafico", "migrantes", "migranti", "trafic", "welcome"),
)
_WORDS = re.compile("|".join(sorted(WORDS, key=len, reverse=True)))
#: So many letters have to be left without them; years and a sign at the end are soon guessed.
LEAST = 8


class OwnWordsValidator(CommonPasswordValidator):
    """Refuses a password that is little more than words of the portal, as too common."""

    def validate(self, password: str, user: Any = None) -> None:
        left = _WORDS.sub("", password.casefold())
        if left != password.casefold() and len(left) < LEAST:
            raise ValidationError(self.get_error_message(), code="password_too_common")
