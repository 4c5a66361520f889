"""What values a parameter takes, as the OpenAPI document tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: The values of a parameter that is true or false.
TRUTH = ("true", "false")


@dataclass(frozen=True)
class Values:
    """The values of a parameter, or of each entry of a list.

    Attributes:
        example: one of them, which works.
        known: all of them; empty where they are too many to name, or grow with the records.
        name: what the document calls them where many parameters take the same; '' otherwise.
        pattern: how they are written, as a regular expression of ECMA 262; '' where that is free.
    """

    example: str = ""
    known: tuple[str, ...] = ()
    name: str = ""
    pattern: str = ""

    @classmethod
    def of(cls, known: Sequence[str], name: str = "") -> Values:
        """A closed list, the first of which is the example."""
        return cls(known[0] if known else "", tuple(known), name)

    @property
    def is_truth(self) -> bool:
        return set(self.known) == set(TRUTH)

    @property
    def is_shared(self) -> bool:
        """Whether they have a name of their own in the document."""
        return bool(self.name and self.known) and not self.is_truth

    @property
    def schema(self) -> dict[str, Any]:
        """One value in JSON Schema; without a name that stands for it."""
        if self.is_truth:
            return {"type": "boolean"}
        if self.known:
            return {"type": "string", "enum": list(self.known)}
        return {"type": "string", **({"pattern": self.pattern} if self.pattern else {})}

    @property
    def shown_example(self) -> Any:
        """The example as JSON has it; None for none."""
        return self.example == "true" if self.is_truth else self.example or None
