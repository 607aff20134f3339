"""Where an interactive element stands: in a view or in a message."""

from dataclasses import dataclass

from bot.demo.slack.errors import Json
from bot.demo.slack.seed import SeedApp


@dataclass(frozen=True, slots=True)
class InView:
    """An element of a modal or a Home."""

    app: SeedApp
    view: Json

    @property
    def blocks(self) -> list[Json]:
        found: list[Json] = self.view["blocks"]
        return found

    @property
    def container(self) -> Json:
        return {"type": "view", "view_id": self.view["id"]}

    @property
    def channel_id(self) -> None:
        """A view is in no channel."""

    @property
    def modal_id(self) -> str | None:
        """The modal on which another may be pushed."""
        return self.view["id"] if self.view["type"] == "modal" else None


@dataclass(frozen=True, slots=True)
class InMessage:
    """An element of a message."""

    app: SeedApp
    channel: Json
    message: Json
    is_ephemeral: bool

    @property
    def blocks(self) -> list[Json]:
        found: list[Json] = self.message.get("blocks", [])
        return found

    @property
    def container(self) -> Json:
        where = {"type": "message", "message_ts": self.message["ts"], "channel_id": self.channel["id"]}
        thread = {"thread_ts": self.message["thread_ts"]} if "thread_ts" in self.message else {}
        return where | {"is_ephemeral": self.is_ephemeral} | thread

    @property
    def channel_id(self) -> str:
        return str(self.channel["id"])

    @property
    def modal_id(self) -> None:
        """A message is no modal."""


Place = InView | InMessage
