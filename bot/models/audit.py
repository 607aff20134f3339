"""The record of what happened: a chain of entries, and beside it the texts they speak of."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Record


class AuditEntry(Record):
    """One thing that happened. `hash` = SHA-256(`prev` ‖ `seq` as 8 bytes ‖ `body`); never changed, never deleted.

    `body` is the canonical JSON that was hashed, byte for byte. The other columns repeat parts of it for searching.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "kind", "seq"),
        Index(None, "actor", "seq"),
        Index(None, "subject", "seq"),
        Index(None, "at"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str]
    actor: Mapped[str]
    subject: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    prev: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditText(Record):
    """A text that an entry speaks of, kept apart so that the law can erase it; the entry holds its keyed hash."""

    __tablename__ = "audit_text"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    text: Mapped[str]


class AuditHead(Record):
    """The newest entry; locked last in every transaction that writes one."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
