"""`chorus connectors`: the platforms, and what each can do."""

from collections.abc import Iterator
from datetime import timedelta

import typer
from rich.console import Console
from rich.table import Table

from connectors import registry
from connectors.base import Capability, DuplicateProtection, Identity, Spec

screen = Console()

_COLUMNS = (
    (Capability.MENTIONS, "mentions"),
    (Capability.SEARCH, "search"),
    (Capability.HASHTAG, "hashtag"),
    (Capability.FEED, "feed"),
    (Capability.WEBHOOK, "webhook"),
    (Capability.THREAD, "thread"),
    (Capability.REPLY, "reply"),
    (Capability.EDIT, "edit"),
    (Capability.DELETE, "delete"),
    (Capability.METRICS, "outcomes"),
    (Capability.HANDOFF, "by hand"),
)
_IDENTITIES = {Identity.BRAND: "brand", Identity.EMPLOYEE: "employee"}
_PROTECTIONS = {
    DuplicateProtection.KEY: "key",
    DuplicateProtection.CLIENT_ID: "own id",
    DuplicateProtection.SERVER_REFUSAL: "refusal",
    DuplicateProtection.NONE: "",
}
HEADINGS = ("platform", *(title for _, title in _COLUMNS), "posts as", "no reply twice by", "purged within")


def connectors() -> None:
    """List the installed platforms, what each can do, and what could not be loaded."""
    found = registry.discover()
    table = Table(*HEADINGS, box=None, pad_edge=False)
    for _, connector in sorted(found.connectors.items()):
        table.add_row(*row(connector.spec))
    screen.print(table)
    for failure in found.failures:
        screen.print(f"{failure.name} could not be loaded: {failure.reason}", style="red", markup=False)
    if found.failures:
        raise typer.Exit(1)


def row(spec: Spec) -> tuple[str, ...]:
    """Return what a platform can do, a word for each of `HEADINGS`."""
    abilities = ("yes" if capability in spec.capabilities else "–" for capability, _ in _COLUMNS)
    identities = ", ".join(word for identity, word in _IDENTITIES.items() if identity in spec.identities)
    purge = spec.policy.purge_within
    return (
        spec.name,
        *abilities,
        identities or "–",
        " and ".join(_safeguards(spec)) or "–",
        _span(purge) if purge else "–",
    )


def _safeguards(spec: Spec) -> Iterator[str]:
    if Capability.REPLY not in spec.capabilities:
        return
    if word := _PROTECTIONS[spec.duplicate_protection]:
        yield word
    yield "reading back"


def _span(time: timedelta) -> str:
    hours = round(time.total_seconds() / 3600)
    return f"{hours} h" if hours < 72 else f"{hours // 24} days"
