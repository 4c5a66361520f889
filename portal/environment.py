"""Settings from the environment, read to the end before anything is said of them.

Whoever sets a server up wants to know of all that is missing at once, and not of the first thing
with a traceback.
"""

from __future__ import annotations

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"true", "on", "yes", "1"})
FALSE = frozenset({"false", "off", "no", "0", ""})
# Inside the class these words mean its methods.
Text = str
Truth = bool


class IncompleteSettings(ImproperlyConfigured):
    """Settings are missing or cannot be read; the message names all of them, and no value."""


class Environment(environ.Env):
    """django-environ, which notes what is wrong and goes on; `stop_if_faulty` ends it."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def str(self, var: Text, default: Any = environ.Env.NOTSET, multiline: Truth = False) -> Any:
        """A text. One that has no default may not be empty."""
        value = super().str(var, default, multiline)
        if default is self.NOTSET and not str(value).strip() and not self._is_noted(var):
            self.faults.append(f"{var} is not set.")
        return value

    def bool(self, var: Text, default: Any = environ.Env.NOTSET) -> Truth:
        """Yes or no; a word that is neither is a fault and not a no."""
        value = str(self.get_value(var, cast=str, default=default)).strip().lower()
        if value not in TRUE | FALSE:
            self.faults.append(f"{var} is neither true nor false.")
        return value in TRUE

    def db(self, var: Text, **options: Any) -> dict[Text, Any]:
        """The settings of a database by its address."""
        if not str(self.get_value(var, default="")).strip():
            self.faults.append(f"{var} is not set.")
            return {"ENGINE": "", "NAME": "", "HOST": "", "OPTIONS": {}}
        try:
            found: dict[Text, Any] = super().db(var, **options)
        except (ImproperlyConfigured, ValueError):
            found = {}
        if "postgresql" not in found.get("ENGINE", ""):
            self.faults.append(f"{var} is not an address like postgresql://name:password@host/db.")
        return found

    def get_value(
        self, var: Text, cast: Any = None, default: Any = environ.Env.NOTSET, **kw: Any
    ) -> Any:
        """As django-environ's; what is missing or unreadable is noted and answered with nothing."""
        try:
            return super().get_value(var, cast=cast, default=default, **kw)
        except ImproperlyConfigured:
            self.faults.append(f"{var} is not set.")
        except (ValueError, TypeError, SyntaxError):
            kind = {int: "a whole number", float: "a number"}.get(cast, "readable")
            self.faults.append(f"{var} is not {kind}.")
        if default is not self.NOTSET:
            return default
        return cast() if isinstance(cast, type) else ""

    def stop_if_faulty(self) -> None:
        """Raise what was noted.

        Raises:
            IncompleteSettings: something was.
        """
        if self.faults:
            told = "\n".join(f"  - {fault}" for fault in dict.fromkeys(self.faults))
            raise IncompleteSettings(
                f"The portal cannot start with these settings:\n{told}\n"
                "They are read from the environment and from .env; .env.example explains each."
            )

    def _is_noted(self, var: Text) -> Truth:
        return any(fault.startswith(f"{var} ") for fault in self.faults)
