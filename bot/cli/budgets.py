"""`chorus budgets`: what platforms may cost, what they did cost, and the requests they have left for us."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from bot import budgets, pacing
from bot.budgets import CURRENCY, Standing
from bot.deps import Deps
from bot.errors import ChorusError
from bot.models import Account, Period

Opened = Callable[[], AbstractContextManager[Deps]]

Platform = Annotated[str, typer.Argument(help="Name of the platform, such as x.")]
For = Annotated[Period, typer.Argument(help="day or month.")]

screen = Console()


def build(opened: Opened) -> typer.Typer:
    """Return the commands; `opened` opens the database for as long as one needs it."""
    app = typer.Typer(no_args_is_help=True, help="What platforms may cost, and what they did.")

    @app.command("show")
    def show() -> None:
        """Show the budgets, what was spent this month, and the requests that are left."""
        with opened() as deps:
            _show_standings(budgets.overview(deps))
            _show_spent(deps)
            _show_requests(deps)

    @app.command("set")
    def put(
        platform: Platform,
        period: For,
        amount: Annotated[str, typer.Argument(help=f"Amount in {CURRENCY}, such as 20 or 7.50.")],
        zone: Annotated[str, typer.Option(help="Time zone in which days and months begin.")] = "UTC",
    ) -> None:
        """Set what a platform may cost in a day or a month."""
        with opened() as deps:
            budget = budgets.put(deps, platform, period, _amount(amount), timezone=zone, by=None)
        screen.print(
            f"{platform} may cost {budget.amount:.2f} {CURRENCY} a {period.value} (version {budget.version}, {zone})."
        )

    @app.command("drop")
    def drop(platform: Platform, period: For) -> None:
        """Let a platform cost whatever it costs."""
        with opened() as deps:
            budgets.retire(deps, platform, period, by=None)
        screen.print(f"There is no budget for a {period.value} of {platform} any more.")

    return app


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ChorusError(f"{text} is no amount. Write it such as 20 or 7.50.") from None


def _show_standings(standings: tuple[Standing, ...]) -> None:
    table = Table("platform", "for a", "spent", "of", "left", "until", box=None, pad_edge=False)
    for each in standings:
        until = f"{each.until:%Y-%m-%d %H:%M %Z}"
        table.add_row(
            each.platform, each.period.value, f"{each.spent:.2f}", f"{each.amount:.2f}", f"{each.left:.2f}", until
        )
    screen.print(table if table.rows else "No budget is set. Set one with: chorus budgets set PLATFORM day AMOUNT")


def _show_spent(deps: Deps) -> None:
    since, until = budgets.window(Period.MONTH, "UTC", deps.now())
    table = Table("platform", "account", "for", "times", f"{CURRENCY} this month", box=None, pad_edge=False)
    with deps.sessions() as session:
        for each in budgets.spent(session, since=since, until=until):
            table.add_row(each.platform, each.handle, each.kind.value, str(each.times), f"{each.amount:.4f}")
    screen.print(table if table.rows else "Nothing was spent this month.")


def _show_requests(deps: Deps) -> None:
    table = Table("platform", "account", "for", "requests left", "until", box=None, pad_edge=False)
    with deps.sessions() as session:
        for account in session.scalars(select(Account).order_by(Account.id)):
            for left in pacing.requests(session, account.id, at=deps.now()):
                count = f"{left.remaining} of {left.most}"
                table.add_row(account.platform, account.handle, left.use, count, f"{left.resets_at:%H:%M} UTC")
    if table.rows:
        screen.print(table)
