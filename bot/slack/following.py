"""Sources, added and changed where they are read: choose, see what it would bring in, and put it in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import select as query_for
from sqlalchemy.orm import Session

from bot import sources
from bot.accounts import connector_of
from bot.errors import ChorusError, NotFound
from bot.models import Account, Source, Venue
from bot.permissions import Act
from bot.slack import linking, modals, overseeing
from bot.slack.blocks import (
    Json,
    Option,
    actions,
    button,
    channel_select,
    context,
    divider,
    field,
    modal,
    quote,
    section,
    select,
    text_input,
)
from bot.slack.memory import Memory
from bot.slack.text import Markup, date, one_line
from bot.slack.visit import Listener, Visit, number
from bot.slack.words import Words
from bot.throttle import venues
from connectors.base import Capability, ConnectorError, Followed, Page, Post, SourceKind
from guidelines.throttle import is_unset

MOST = 99
SHOWN = 5
"""Posts of a trial that one window shows; the count says how many there are."""
PAUSES = {"60": 60, "300": 300, "900": 900, "3600": 3600, "21600": 21600}
"""Seconds between two looks that can be chosen; the command line takes any."""
LONGEST_NAME = 100
LONGEST_QUERY = 300
NO_VENUE = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose so far."""

    account: int
    kind: str = ""
    query: str = ""


def ask_new(visit: Visit) -> None:
    """Ask what to follow, with which account, and where its cards go."""
    with visit.deps.sessions() as session:
        known = _accounts(session)
    if not known:
        raise ChorusError(visit.words("following.no_account"))
    visit.open(_window(visit, known, Choice(known[0].id)))


def choose_account(visit: Visit) -> None:
    """Another account can follow other things: show those."""
    _again(visit, [])


def look(visit: Visit) -> None:
    """Show what it would bring in, without keeping any of it. This click was acknowledged already, so it may wait."""
    chosen = _choice(visit)
    try:
        page = sources.look(visit.deps, chosen.account, Followed(_kind(visit, chosen), chosen.query))
    except ConnectorError as error:
        _again(
            visit, [section(visit.words.markup("following.refused", why=one_line(visit.words.said(error.detail), 500)))]
        )
    except ChorusError as error:
        _again(
            visit, [section(visit.words.markup("following.refused", why=one_line(visit.words.said(str(error)), 500)))]
        )
    else:
        _again(visit, _brought(page, visit.words))


def add(visit: Visit) -> None:
    """Follow it from now on."""
    chosen, name, channel = _choice(visit), _typed(visit, "name"), _channel(visit)
    wrong = "zone"
    try:
        venue, zone = _clock(visit)
        wrong = "name"
        _must_be_new(visit, name)
        wrong = "channel"
        linking.enter(visit, channel)
        wrong = "query"
        followed = Followed(_kind(visit, chosen), chosen.query)
        pause, actor = _pause(visit), f"employee:{visit.person.id}"
        sources.add(visit.deps, chosen.account, name, followed, channel=channel, poll_seconds=pause, actor=actor)
        _set_clock(visit, venue, zone)
    except ChorusError as error:
        visit.ack(response_action="errors", errors={wrong: visit.words.said(str(error))[:1900]})
        return
    _done(visit, visit.words.markup("following.added", name=name, channel=_named(channel)))


def ask_change(visit: Visit) -> None:
    """Show a source's name, channel and pause, to be changed."""
    with visit.deps.sessions() as session:
        source = session.get(Source, number(visit.pressed, visit.words))
        if source is None or source.is_for_links:
            raise NotFound(visit.words("error.stale"))
        account = session.get_one(Account, source.account_id)
        visit.open(_change_window(source, account, visit.words, _clocks(session, account.platform, visit.words)))


def change(visit: Visit) -> None:
    """Give a source another name, another channel, another pause."""
    channel, wrong = _channel(visit), "zone"
    try:
        venue, zone = _clock(visit)
        wrong = "channel"
        linking.enter(visit, channel)
        wrong = "name"
        source = sources.change(
            visit.deps,
            visit.memory.source,
            name=_typed(visit, "name"),
            channel=channel,
            poll_seconds=_pause(visit),
            actor=f"employee:{visit.person.id}",
        )
        _set_clock(visit, venue, zone)
    except ChorusError as error:
        visit.ack(response_action="errors", errors={wrong: visit.words.said(str(error))[:1900]})
        return
    _done(visit, visit.words.markup("following.changed", name=source.name, channel=_named(channel)))


def _done(visit: Visit, told: Markup) -> None:
    visit.ack(response_action="update", view=modals.notice(visit.words("following.title"), told, visit.words))
    with visit.afterwards("a changed source"):
        overseeing.publish(visit)


def _again(visit: Visit, shown: list[Json]) -> None:
    with visit.deps.sessions() as session:
        known = _accounts(session)
    visit.refresh(_window(visit, known, _choice(visit), shown))


def _window(visit: Visit, known: Sequence[Account], chosen: Choice, shown: Sequence[Json] = ()) -> Json:
    words = visit.words
    account = next((each for each in known if each.id == chosen.account), known[0])
    spec = connector_of(visit.deps, account.platform).spec
    with visit.deps.sessions() as session:
        clocks = _clocks(session, account.platform, words)
    offered = [Option(str(each.id), f"{each.handle} ({each.platform})") for each in known[:MOST]]
    able = [kind for kind in SourceKind if Capability(kind.value) in spec.capabilities]
    kinds = [Option(kind.value, words(f"following.{kind.value}")) for kind in able]
    blocks = [
        field("account", words("following.account"), select("source.account", offered, str(account.id)), live=True),
        # What an account can follow hangs on its platform; with a name of its own the menu begins anew.
        field(f"kind-{account.id}", words("following.kind"), select("kind", kinds, kinds[0].value)),
        field(
            "query",
            words("following.query"),
            text_input("query", longest=LONGEST_QUERY),
            hint=words("following.query_hint"),
            optional=True,
        ),
        actions("look", button("source.look", words("button.look"), "look")),
        *shown,
        divider(),
        *_where(words, name="", channel="", pause=60),
        *clocks,
    ]
    title, submit = words("following.title"), words("following.submit")
    return modal("source.add", title, blocks, submit=submit, close=words("cancel"), memory=Memory().dump())


def _change_window(source: Source, account: Account, words: Words, clocks: Sequence[Json]) -> Json:
    follows = words(f"following.{source.kind.value}")
    about = words.markup("following.about", kind=follows, query=source.query, account=account.handle)
    blocks = [
        section(about),
        *_where(words, name=source.name, channel=source.channel, pause=source.poll_seconds),
        *clocks,
    ]
    memory = Memory(source=source.id).dump()
    title, submit = words("following.title"), words("following.save")
    return modal("source.save", title, blocks, submit=submit, close=words("cancel"), memory=memory)


def _where(words: Words, *, name: str, channel: str, pause: int) -> list[Json]:
    known = PAUSES | {str(pause): pause}
    pauses = [
        Option(key, words("following.every", minutes=round(seconds / 60, 1) if seconds % 60 else seconds // 60))
        for key, seconds in sorted(known.items(), key=lambda each: each[1])
    ]
    return [
        field("name", words("following.name"), text_input("name", value=name, longest=LONGEST_NAME)),
        field("channel", words("following.channel"), channel_select("channel", channel)),
        field("pause", words("following.pause"), select("pause", pauses, str(pause))),
    ]


def _clocks(session: Session, platform: str, words: Words) -> list[Json]:
    """Ask for the clock of a place whose nights we do not know: quiet hours follow it."""
    unset = [
        Option(str(each.id), each.name)
        for each in session.scalars(query_for(Venue).where(Venue.platform == platform).order_by(Venue.name))
        if is_unset(each.timezone)
    ]
    if not unset:
        return []
    nobody = Option(NO_VENUE, words("following.no_venue"))
    return [
        field("venue", words("following.venue"), select("venue", [nobody, *unset[: MOST - 1]], NO_VENUE)),
        field(
            "zone", words("following.zone"), text_input("zone", placeholder="Europe/Berlin", longest=60), optional=True
        ),
    ]


def _clock(visit: Visit) -> tuple[int | None, str]:
    """Return the place whose clock is to be set, and its zone; raises `ChorusError` for a zone that is none."""
    venue, zone = _option(visit, "venue", "venue"), _typed(visit, "zone")
    if not zone or venue in ("", NO_VENUE):
        return None, ""
    return number(venue, visit.words), venues.known_zone(zone)


def _set_clock(visit: Visit, venue: int | None, zone: str) -> None:
    if venue is not None:
        venues.set_zone(visit.deps, venue, zone, by=visit.person)


def _brought(page: Page, words: Words) -> list[Json]:
    found = len(page.posts)
    shown: list[Json] = [
        section(words.count("following.brings", found) if found else words("following.brings_nothing"))
    ]
    for post in page.posts[-SHOWN:][::-1]:
        shown += [context(_byline(post, words)), quote(one_line(post.text, 300) or words("post.empty"))]
    if page.skipped:
        shown.append(context(words.count("following.unreadable", len(page.skipped))))
    return shown


def _byline(post: Post, words: Words) -> Markup:
    who = one_line(post.author.name or post.author.handle, 80) or words("post.nobody")
    return words.markup("following.post", who=who, when=date(post.created_at))


def _accounts(session: Session) -> Sequence[Account]:
    connected = query_for(Account).where(Account.disconnected_at.is_(None))
    return session.scalars(connected.order_by(Account.identity, Account.id).limit(MOST)).all()


def _choice(visit: Visit) -> Choice:
    account = number(_option(visit, "account", "source.account"), visit.words)
    return Choice(account, _option(visit, f"kind-{account}", "kind"), _typed(visit, "query"))


def _kind(visit: Visit, chosen: Choice) -> SourceKind:
    if chosen.kind not in {kind.value for kind in SourceKind}:
        raise ChorusError(visit.words("error.stale"))
    return SourceKind(chosen.kind)


def _must_be_new(visit: Visit, name: str) -> None:
    with visit.deps.sessions() as session:
        if session.scalar(query_for(Source.id).where(Source.name == name)) is not None:
            raise ChorusError(visit.words("following.name_taken", name=name))


def _typed(visit: Visit, name: str) -> str:
    return str((visit.values.get(name) or {}).get(name, {}).get("value") or "").strip()


def _option(visit: Visit, block: str, name: str) -> str:
    chosen = (visit.values.get(block) or {}).get(name, {}).get("selected_option") or {}
    return str(chosen.get("value") or "")


def _channel(visit: Visit) -> str:
    return str((visit.values.get("channel") or {}).get("channel", {}).get("selected_conversation") or "")


def _pause(visit: Visit) -> int:
    return number(_option(visit, "pause", "pause"), visit.words)


def _named(channel: str) -> Markup:
    return Markup(f"<#{channel}>" if channel.isalnum() else "")


ACTIONS: Mapping[str, Listener] = MappingProxyType(
    {
        "source.new": Listener(Act.EDIT_SOURCES, ask_new),
        "source.change": Listener(Act.EDIT_SOURCES, ask_change),
        "source.account": Listener(Act.EDIT_SOURCES, choose_account),
        "source.look": Listener(Act.EDIT_SOURCES, look),
    }
)
VIEWS: Mapping[str, Listener] = MappingProxyType(
    {"source.add": Listener(Act.EDIT_SOURCES, add), "source.save": Listener(Act.EDIT_SOURCES, change)}
)
