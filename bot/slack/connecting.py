"""Taking an account away at Home. Connecting one goes by the console, where secrets belong."""

from collections.abc import Mapping
from types import MappingProxyType

from bot import connecting
from bot.permissions import Act
from bot.slack import overseeing
from bot.slack.visit import Listener, Visit


def disconnect(visit: Visit) -> None:
    """Take an account away. This click was acknowledged already, so the platform may take its time."""
    connecting.disconnect(visit.deps, visit.subject, by=visit.person)
    with visit.afterwards("a disconnected account"):
        overseeing.publish(visit)


def opened(_visit: Visit) -> None:
    """The browser opens the console; there is nothing to do."""


ACTIONS: Mapping[str, Listener] = MappingProxyType(
    {"account.end": Listener(Act.CONNECT, disconnect), "link.accounts": Listener(Act.READ, opened)}
)
