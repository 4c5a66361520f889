"""Django's makemessages, without guesses.

Where a text changes, msgmerge would give it the translation of the one that is most like it, marked
as fuzzy: a wrong one that looks finished. Here it stands empty until somebody translates it.
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.msgmerge_options = [*self.msgmerge_options, "--no-fuzzy-matching"]
