"""`/chorus` and what may follow it. Answers are seen by the person alone."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from slack_sdk.errors import SlackApiError

from bot import desk, links, sources, stops
from bot.errors import ChorusError, NotFound
from bot.models import SourceState, StopScope
from bot.permissions import Act, may, require
from bot.slack import home, linking, overseeing
from bot.slack.blocks import Json, button, context, section
from bot.slack.trouble import code_of
from bot.slack.visit import Listener, Visit

MOST_LINES = 10


def run(visit: Visit) -> None:
    """Do what the first word says; help is the answer to everything else."""
    name, _, rest = str(visit.body.get("text") or "").strip().partition(" ")
    command = COMMANDS.get(name.lower())
    if command is None:
        help_(visit)
        return
    require(visit.person, command.act)
    command.handle(replace(visit, body={**visit.body, "text": rest.strip()}))


def help_(visit: Visit) -> None:
    """Say what can be asked for, as far as this person may."""
    told = [visit.words.markup(f"command.{name}") for name, each in COMMANDS.items() if may(visit.person, each.act)]
    _answer(visit, section(home.lines([visit.words.markup("command.title"), *told])))


def status(visit: Visit) -> None:
    """Say how it stands: numbers, stops, sources in trouble."""
    tally = desk.tally(visit.deps, by=visit.person)
    troubled = [each for each in desk.sources(visit.deps, by=visit.person) if each.state is not SourceState.ACTIVE]
    blocks = [
        section(home.tally_line(tally, visit.words)),
        *home.stops_in_force(desk.stopped(visit.deps, by=visit.person), visit.person, visit.words),
        *(context(home.source_line(each, visit.words)) for each in troubled[:MOST_LINES]),
    ]
    _answer(visit, *blocks)


def find(visit: Visit) -> None:
    """List conversations by words or author, each with a button that shows its card."""
    wanted = _text(visit)
    if not wanted:
        raise ChorusError(visit.words("command.find_what"))
    found = desk.find(visit.deps, wanted, by=visit.person)
    if not found:
        _answer(visit, section(visit.words("command.nothing_found")))
        return
    blocks = []
    for work in found:
        show = button("mention.thread", visit.words("button.thread"), str(work.mention_id))
        blocks.append(section(home.work_line(work, visit.words), accessory=show))
    _answer(visit, *blocks)


def link(visit: Visit) -> None:
    """Have the post behind a link read, and its card shown in the channel where this is typed."""
    channel = str(visit.body["channel_id"])
    links.checked(_text(visit))
    linking.enter(visit, channel)
    known = links.ask(visit.deps, _text(visit), by=visit.person, channel=channel)
    _answer(visit, *linking.told(visit, known, channel))


def stop(visit: Visit) -> None:
    """Stop everything with a reason, or open the window that asks for it."""
    reason = _text(visit)
    if not reason:
        overseeing.ask_stop(visit)
        return
    thrown = stops.throw(visit.deps, StopScope.ALL, reason=reason, by=visit.person)
    _answer(visit, *home.stops_in_force([thrown], visit.person, visit.words))


def resume(visit: Visit) -> None:
    """Lift the only stop, or show all of them to choose from."""
    current = desk.stopped(visit.deps, by=visit.person)
    if not current:
        raise NotFound(visit.words("command.no_stop"))
    if len(current) > 1:
        _answer(visit, *home.stops_in_force(current, visit.person, visit.words))
        return
    stops.lift(visit.deps, current[0].id, by=visit.person)
    _answer(visit, section(visit.words("command.resumed")))


def limits(visit: Visit) -> None:
    """List the limits in force."""
    listed = desk.limits(visit.deps, by=visit.person)
    told = [home.limit_line(limit, visit.words) for limit in listed]
    _answer(visit, section(home.lines(told) if told else visit.words("command.no_limits")))


def join(visit: Visit) -> None:
    """Bring Chorus into the channel where this is typed, so that cards can be shown here."""
    try:
        visit.client.conversations_join(channel=str(visit.body["channel_id"]))
    except SlackApiError as error:
        raise ChorusError(visit.words("command.not_joined", reason=code_of(error))) from None
    _answer(visit, section(visit.words("command.joined")))


def followed(visit: Visit) -> None:
    """List the sources with all that may be done about them."""
    found = desk.sources(visit.deps, by=visit.person, named=_text(visit))
    told = [home.source_line(each, visit.words) for each in found]
    text = home.lines(told) if told else visit.words("following.none")
    _answer(visit, section(text), home.source_row(found, visit.words))


def mute(visit: Visit) -> None:
    """Stop reading a source; without its name, list those that are read."""
    _set_source(visit, SourceState.PAUSED, "command.muted")


def unmute(visit: Visit) -> None:
    """Read a source again."""
    _set_source(visit, SourceState.ACTIVE, "command.unmuted")


def _set_source(visit: Visit, state: SourceState, told: str) -> None:
    found = desk.sources(visit.deps, by=visit.person, named=_text(visit))
    if not found:
        raise NotFound(visit.words("command.no_source", name=_text(visit)))
    if not _text(visit) or len(found) > 1:
        listed = home.lines(home.source_line(each, visit.words) for each in found)
        _answer(visit, section(visit.words("command.which_source")), section(listed))
        return
    sources.set_state(visit.deps, found[0].source_id, state, actor=f"employee:{visit.person.id}")
    _answer(visit, section(visit.words(told, name=found[0].name)))


def _text(visit: Visit) -> str:
    return str(visit.body.get("text") or "").strip()


def _answer(visit: Visit, *blocks: Json) -> None:
    text = str(blocks[0]["text"]["text"]) if "text" in blocks[0] else visit.words("command.title")
    visit.ack(text=text, blocks=list(blocks), response_type="ephemeral")


COMMANDS: Mapping[str, Listener] = MappingProxyType(
    {
        "help": Listener(Act.READ, help_),
        "status": Listener(Act.READ, status),
        "find": Listener(Act.READ, find),
        "link": Listener(Act.REPLY, link),
        "limits": Listener(Act.READ, limits),
        "stop": Listener(Act.STOP, stop),
        "resume": Listener(Act.STOP, resume),
        "join": Listener(Act.EDIT_SOURCES, join),
        "sources": Listener(Act.EDIT_SOURCES, followed),
        "mute": Listener(Act.EDIT_SOURCES, mute),
        "unmute": Listener(Act.EDIT_SOURCES, unmute),
    }
)
"""What may follow the command, and what a person must be allowed to do."""
