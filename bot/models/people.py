"""People and the accounts they post with."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Json, Record, stored
from connectors.base import Condition, Identity


class Role(StrEnum):
    """What a person may do; somebody can hold several."""

    EMPLOYEE = "employee"
    MANAGER = "manager"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class Employee(Record):
    """Somebody who works here, known by their Slack user. `roles` were read from the settings or from Slack."""

    __tablename__ = "employee"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    slack_user: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    roles: Mapped[list[str]]
    first_seen_at: Mapped[datetime]

    def has(self, role: Role) -> bool:
        """Whether this person holds the role; an admin holds them all but the reviewer's, who must stand apart."""
        held = {Role(name) for name in self.roles}
        return role in held or (Role.ADMIN in held and role is not Role.REVIEWER)


class Account(Record):
    """An identity we post with on a platform: the brand's, or one employee's own. `secrets` are encrypted.

    `renew_at` is when its token should be exchanged for a fresh one; `disconnected_at` is set while nobody may use it.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("platform", "site", "external_id"),
        Index(None, "employee_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    platform: Mapped[str]
    site: Mapped[str]
    identity: Mapped[Identity] = mapped_column(stored(Identity, "identity"))
    external_id: Mapped[str]
    handle: Mapped[str]
    secrets: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    connected_at: Mapped[datetime]
    options: Mapped[Json] = mapped_column(default_factory=dict)
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)
    condition: Mapped[Condition] = mapped_column(stored(Condition, "condition"), default=Condition.OK)
    condition_detail: Mapped[str] = mapped_column(default="")
    max_length: Mapped[int | None] = mapped_column(default=None)
    renew_at: Mapped[datetime | None] = mapped_column(default=None)
    disconnected_at: Mapped[datetime | None] = mapped_column(default=None)


class PlatformApp(Record):
    """Our app as a platform knows it, through which people connect their accounts. `secrets` are encrypted; `back` is
    the address to which the platform was told to send people back."""

    __tablename__ = "platform_app"
    __table_args__ = (UniqueConstraint("platform", "site"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    platform: Mapped[str]
    site: Mapped[str]
    back: Mapped[str]
    secrets: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    registered_at: Mapped[datetime]
