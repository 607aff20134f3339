"""`chorus connectors`: the platforms and what each can do."""

import typer
from rich.console import Console
from rich.table import Table

from connectors import registry
from connectors.base import Capability, Spec

screen = Console()


def connectors() -> None:
    """List the installed platforms, what each can do, and what could not be loaded."""
    found = registry.discover()
    table = Table("platform", "through its API", "by hand", "posts as", box=None, pad_edge=False)
    for _, connector in sorted(found.connectors.items()):
        table.add_row(*_row(connector.spec))
    screen.print(table)
    for failure in found.failures:
        screen.print(f"{failure.name} could not be loaded: {failure.reason}", style="red")
    if found.failures:
        raise typer.Exit(1)


def _row(spec: Spec) -> list[str]:
    can = [capability.value for capability in Capability if capability in spec.capabilities - {Capability.HANDOFF}]
    by_hand = "handoff" if Capability.HANDOFF in spec.capabilities else "–"
    return [spec.title, ", ".join(can), by_hand, ", ".join(sorted(identity.value for identity in spec.identities))]
