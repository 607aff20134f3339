"""What travels from Slack to an app, and how that can fail."""

from dataclasses import dataclass

from bot.demo.slack.errors import Json

ACK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Envelope:
    """One delivery: `kind` is `events_api`, `interactive` or `slash_commands`; `attempt` counts the retries."""

    kind: str
    payload: Json
    attempt: int = 0
    reason: str = ""


class DeliveryError(Exception):
    """The app did not take a delivery. `reason` is a word of Slack's retry reasons."""

    def __init__(self, reason: str, *, stop: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.stop = stop
