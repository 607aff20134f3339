"""The check-up: settings, database, Slack, guidelines and every source; each finding with what to do."""

from collections.abc import Iterator
from dataclasses import dataclass

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from sqlalchemy import select

from bot import app as composition
from bot import audit, database, settings
from bot.accounts import call_for, connector_of
from bot.deps import Deps
from bot.errors import ChorusError
from bot.models import Account, Source, SourceState
from bot.settings import Settings
from bot.slack.manifest import manifest
from connectors.base import Condition


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was checked; `advice` says what to do when it is not well."""

    ok: bool
    what: str
    advice: str = ""


def examine() -> list[Found]:
    """Check everything that can be checked from here; later checks are left out when an earlier one rules them out."""
    try:
        configured = settings.load()
    except ChorusError as error:
        return [Found(False, "Settings cannot be read.", str(error))]
    return [Found(True, "Settings can be read."), *_slack(configured), *_inside(configured)]


def _slack(configured: Settings) -> Iterator[Found]:
    try:
        configured.require("slack_app_token")
        who = _who_we_are(configured)
    except ChorusError as error:
        yield Found(False, "Slack is not set up.", str(error))
    except SlackApiError as error:
        yield Found(False, f"Slack refused the bot token: {error.response['error']}.", "Copy SLACK_BOT_TOKEN again.")
    except OSError as error:
        yield Found(False, f"Slack cannot be reached: {error}", f"Check the network and {configured.slack_api_url}.")
    else:
        yield Found(True, f"Slack knows the bot as {who['user']} in {who['team']}.")
        yield from _scopes(who.headers.get("x-oauth-scopes", ""))


def _who_we_are(configured: Settings) -> SlackResponse:
    """Ask Slack who the bot is; where Slack rotates tokens, with the one that is kept in the database."""
    if not configured.slack_refresh_token:
        return composition.slack_client(configured).auth_test()
    with composition.opened(configured, migrated=False) as (_, deps):
        return composition.slack_client(configured, deps.sessions).auth_test()


def _scopes(granted: str) -> Iterator[Found]:
    wanted = set(manifest()["oauth_config"]["scopes"]["bot"])
    missing = sorted(wanted - {scope.strip() for scope in granted.split(",")})
    if missing:
        yield Found(False, f"The Slack app lacks scopes: {', '.join(missing)}.", "Paste `chorus manifest`, reinstall.")
    else:
        yield Found(True, "The Slack app has every scope it needs.")


def _inside(configured: Settings) -> Iterator[Found]:
    try:
        with composition.opened(configured, migrated=False) as (engine, deps):
            yield Found(True, f"PostgreSQL {database.check_server(engine)} answers.")
            if database.pending(engine):
                yield Found(False, "The database is behind this program.", "Run: chorus migrate")
                return
            protected = audit.protection(engine)
            lines = " ".join(protected.lines())
            yield Found(protected.triggers, lines, "" if protected.triggers else "Run: chorus migrate")
            yield Found(True, f"Guidelines: {deps.pack.name} {deps.pack.version}.")
            yield from _accounts(deps)
            yield from _sources(deps)
    except ChorusError as error:
        yield Found(False, "The bot cannot be put together.", str(error))


def _accounts(deps: Deps) -> Iterator[Found]:
    with deps.sessions() as session:
        accounts = session.scalars(select(Account).order_by(Account.id)).all()
    if not accounts:
        yield Found(False, "No account is connected.", "Run: chorus accounts connect --help")
    for account in accounts:
        health = connector_of(deps, account.platform).check(call_for(deps, account))
        advice = "" if health.condition is Condition.OK else f"{health.detail} Connect it again."
        yield Found(not advice, f"Account {account.id}, {account.handle}: {health.condition.value}.", advice)


def _sources(deps: Deps) -> Iterator[Found]:
    with deps.sessions() as session:
        sources = session.scalars(select(Source).order_by(Source.id)).all()
    if not sources:
        yield Found(False, "Nothing is followed.", "Run: chorus sources add --help")
    for source in sources:
        troubled = source.state is SourceState.NEEDS_ATTENTION or source.failures > 0
        advice = f"{source.detail} Then run: chorus sources resume {source.id}" if troubled else ""
        yield Found(not troubled, f"Source {source.id}, {source.name}: {source.state.value}.", advice)
