"""A person's accounts at Home: what is connected, what must be connected again, and the way to the console for it."""

from collections.abc import Sequence

from bot.desk import AccountView
from bot.slack.blocks import Confirm, Json, actions, button, context, header, page_button, section
from bot.slack.text import Markup, one_line
from bot.slack.words import Words
from connectors.base import Condition, Identity


def shown(accounts: Sequence[AccountView], console: str, words: Words) -> list[Json]:
    """Return the accounts of a person. Secrets are entered in the console alone: what is typed here, Slack keeps."""
    blocks: list[Json] = [header(words("accounts.title"))]
    blocks += [] if accounts else [section(words("accounts.none"))]
    for account in accounts:
        blocks.append(section(line(account, words), accessory=_way_out(account, words)))
    again = [each for each in accounts if each.condition is Condition.REAUTH]
    label = words("button.connect_again" if again else "button.connect")
    way = page_button("link.accounts", label, f"{console}/accounts" if console else "", "accounts")
    return [*blocks, actions("accounts", *way) if way else context(words("accounts.in_console"))]


def line(account: AccountView, words: Words) -> Markup:
    """Return an account, and what is wrong with it."""
    whose = words("accounts.brand" if account.identity is Identity.BRAND else "accounts.own")
    key = "accounts.line" if account.condition is Condition.OK else f"accounts.line_{account.condition.value}"
    handle, detail = one_line(account.handle, 100), one_line(words.said(account.detail), 200)
    return words.markup(key, handle=handle, platform=account.title, whose=whose, detail=detail)


def _way_out(account: AccountView, words: Words) -> Json:
    ask = Confirm(
        words("accounts.end_title"),
        words("accounts.end_text", handle=one_line(account.handle, 80)),
        words("accounts.end_yes"),
        words("cancel"),
    )
    return button("account.end", words("button.disconnect"), str(account.account_id), confirm=ask)
