"""A fact as it stands in the file: a statement the company stands behind, with its source and its dates."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """One atomic statement. `id`, `entity`, `statement`, `source_url` and `aliases` are needed; the rest refines it.

    `part_of` holds wholes that a claim may name instead of the value (a city's country) and the entity's own company.
    `line` is where it stands in its file.
    """

    id: str
    entity: str
    statement: str
    source_url: str
    aliases: tuple[str, ...] = ()
    source_quote: str = ""
    part_of: tuple[str, ...] = ()
    attribute: str = ""
    values: tuple[str, ...] = ()
    unit: str = ""
    tolerance: float = 0.0
    comparator: str = ""
    polarity: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    regions: tuple[str, ...] = ()
    misstatements: tuple[str, ...] = ()
    not_this: tuple[str, ...] = ()
    owner: str = ""
    reviewed_at: date | None = None
    line: int = 0

    def stands(self, now: datetime, review_days: int | None = None) -> bool:
        """Whether it may correct anyone at this moment: valid, and reviewed recently enough where that is asked."""
        today = now.date()
        if self.valid_from is not None and today < self.valid_from:
            return False
        if self.valid_until is not None and today > self.valid_until:
            return False
        if review_days is None:
            return True
        return self.reviewed_at is not None and (today - self.reviewed_at).days <= review_days
