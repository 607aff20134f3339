"""What a limit leaves to a manager: one reply that somebody wants to post, and the answer."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.errors import Conflict
from bot.models.base import Record, stored
from bot.models.people import Employee


class QuestionState(StrEnum):
    """Where a question stands."""

    OPEN = "open"
    ALLOWED = "allowed"
    DECLINED = "declined"


class Question(Record):
    """Somebody asks to post a draft from an account although limits are against it.

    `because` is what these limits said, `limits` their names: an answer is about these and no others.
    """

    __tablename__ = "manager_question"
    __table_args__ = (Index(None, "state", "id"), Index(None, "mention_id"))

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    mention_id: Mapped[int] = mapped_column(ForeignKey("mention.id", ondelete="CASCADE"))
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("employee.id"))
    asked_at: Mapped[datetime]
    because: Mapped[str]
    limits: Mapped[list[str]]
    by_hand: Mapped[bool] = mapped_column(default=False)
    state: Mapped[QuestionState] = mapped_column(stored(QuestionState, "state"), default=QuestionState.OPEN)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
    answer: Mapped[str] = mapped_column(default="")

    def settle(self, state: QuestionState, by: Employee, answer: str, *, at: datetime) -> None:
        """Answer it, once."""
        if self.state is not QuestionState.OPEN:
            raise Conflict("Another manager has answered this already.")
        self.state = state
        self.answered_by_id = by.id
        self.answered_at = at
        self.answer = answer
