"""What a connector answers that only listens: it brings posts in, and a person replies by hand."""

from datetime import datetime
from uuid import UUID

from connectors._text import clean
from connectors.base import (
    Call,
    Fault,
    Length,
    Outcome,
    Receipt,
    Rejected,
    ReplyContext,
    ReplyIntent,
    Signal,
    Spec,
)


class ListenOnly:
    """The half of a connector that writes, where there is nothing to write with. Nothing in it asks the platform.

    `longest` is how many characters the platform takes from whoever posts by hand.
    """

    spec: Spec
    longest = 10_000

    def measure(self, text: str, context: ReplyContext) -> Length:
        """Count for the person who posts it by hand."""
        return Length(len(self.render(text, context)), context.max_length or self.longest)

    def render(self, text: str, context: ReplyContext) -> str:
        """What a person copies is what becomes public."""
        del context
        return clean(text).strip()

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        del call, intent
        return self._refused()

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        del call, intent
        return None

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        del call, post_id, text
        return self._refused()

    def delete(self, call: Call, post_id: str) -> Outcome:
        del call, post_id
        return self._refused()

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        del call, post_ids
        return ()

    def _refused(self) -> Rejected:
        what = f"{self.spec.title} is read only: replies are posted, changed and deleted by hand there."
        return Rejected(Fault.FORBIDDEN_BY_POLICY, what)
