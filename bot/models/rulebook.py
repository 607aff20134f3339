"""Guideline packs and facts in all their versions, and examples that people propose for the rules."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Json, Record, stored


class PackVersion(Record):
    """A guideline pack as it was added: its whole text, never changed."""

    __tablename__ = "guideline_pack"
    __table_args__ = (UniqueConstraint("sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str]
    version: Mapped[str]
    sha256: Mapped[str]
    text: Mapped[str]
    added_at: Mapped[datetime]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)


class PackActivation(Record):
    """A pack came into force. The newest of these is in force; without one it is the pack that the settings name."""

    __tablename__ = "guideline_activation"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    pack_id: Mapped[int] = mapped_column(ForeignKey("guideline_pack.id"))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)


class FactVersion(Record):
    """One fact, in one version. A change writes a new row and retires the old one; nothing is overwritten.

    `body` holds the fields of a fact file's entry but its id, which is `key`. A fact whose newest version is retired
    was withdrawn.
    """

    __tablename__ = "fact_version"
    __table_args__ = (
        Index("uq_fact_version_current", "key", unique=True, postgresql_where=text("retired_at is null")),
        Index("uq_fact_version_number", "key", "version", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    key: Mapped[str]
    body: Mapped[Json]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)
    retired_at: Mapped[datetime | None] = mapped_column(default=None)
    retired_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)


NO_REVIEWS = 0
"""Stands for the days where no review is ever due."""


class FactPolicy(Record):
    """After how many days without a review a fact corrects nobody. The newest of these is in force; without one it is
    what the file says that the settings name."""

    __tablename__ = "fact_policy"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    review_days: Mapped[int]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)


class ExampleState(StrEnum):
    """What became of a proposed example."""

    PROPOSED = "proposed"
    TAKEN = "taken"
    DECLINED = "declined"


class ProposedExample(Record):
    """A text that somebody says a rule judges wrongly: it should pass (`should_pass`), or should have been found.

    `situation` holds what the rule saw besides: platform, identity, mention and its kind.
    """

    __tablename__ = "proposed_example"
    __table_args__ = (Index(None, "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    rule: Mapped[str]
    text: Mapped[str]
    should_pass: Mapped[bool]
    situation: Mapped[Json]
    pack_sha256: Mapped[str]
    proposed_at: Mapped[datetime]
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("employee.id"))
    comment: Mapped[str] = mapped_column(default="")
    state: Mapped[ExampleState] = mapped_column(stored(ExampleState, "state"), default=ExampleState.PROPOSED)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)


class WrongState(StrEnum):
    """What was decided about a reply of ours that seems wrong."""

    OPEN = "open"
    EDITED = "edited"
    FOLLOWED_UP = "followed_up"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"


class OwnError(Record):
    """A reply of ours that contradicts a fact, as it was found: a person decides whether we correct ourselves.

    `fact_version` is 0 for a fact of the file that the settings name; `quote` is the part that is wrong. `text_hash` is
    the reply's: once it changes, the reply says something else.
    """

    __tablename__ = "own_error"
    __table_args__ = (
        UniqueConstraint("reply_id", "fact", "fact_version", "text_hash"),
        Index(None, "state", "id"),
        Index(None, "fact"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id", ondelete="CASCADE"))
    fact: Mapped[str]
    fact_version: Mapped[int]
    text_hash: Mapped[str]
    quote: Mapped[str]
    reason: Mapped[str]
    found_at: Mapped[datetime]
    state: Mapped[WrongState] = mapped_column(stored(WrongState, "state"), default=WrongState.OPEN)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)
    note: Mapped[str] = mapped_column(default="")
