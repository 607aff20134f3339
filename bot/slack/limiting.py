"""Limits, changed where they are read: a sentence is written, read back in other words, and put in force."""

from collections.abc import Mapping
from types import MappingProxyType

from bot import desk
from bot.errors import ChorusError, NotFound
from bot.permissions import Act
from bot.slack import modals, overseeing
from bot.slack.blocks import Confirm, Json, actions, button, context, field, modal, section, text_input
from bot.slack.memory import Memory
from bot.slack.visit import Listener, Visit
from bot.slack.words import Words
from bot.throttle import editing
from guidelines.throttle import sentence
from guidelines.throttle.sentences import EXAMPLES

LONGEST_NAME = 60
LONGEST_SENTENCE = 300


def ask_change(visit: Visit) -> None:
    """Show a limit as the sentence that it is, to be changed."""
    name = visit.pressed
    known = {limit.name: limit for limit in desk.limits(visit.deps, by=visit.person)}
    if name not in known:
        raise NotFound(visit.words("error.stale"))
    visit.open(_window(name, known[name].sentence, visit.words))


def ask_new(visit: Visit) -> None:
    """Ask for the name and the sentence of a new limit."""
    visit.open(_window("", "", visit.words))


def look(visit: Visit) -> None:
    """Somebody paused in writing: say how the sentence is understood."""
    visit.refresh(_window(visit.memory.limit, _written(visit), visit.words))


def save(visit: Visit) -> None:
    """Put the limit in force; it holds for the next decision."""
    name = visit.memory.limit or _field(visit, "name")
    try:
        limit = editing.read(name, _written(visit))
    except ChorusError as error:
        visit.ack(response_action="errors", errors={"sentence": str(error)})
        return
    editing.put(visit.deps, limit, by=visit.person)
    _done(visit, visit.words.markup("limit.saved", sentence=sentence(limit)))


def retire(visit: Visit) -> None:
    """Take a limit out of force."""
    editing.retire(visit.deps, visit.pressed, by=visit.person)
    told = modals.notice(visit.words("limit.title"), visit.words("limit.retired"), visit.words)
    with visit.afterwards("a retired limit"):
        visit.refresh(told)
        overseeing.publish(visit)


def _done(visit: Visit, told: str) -> None:
    visit.ack(response_action="update", view=modals.notice(visit.words("limit.title"), told, visit.words))
    with visit.afterwards("a changed limit"):
        overseeing.publish(visit)


def _written(visit: Visit) -> str:
    return _field(visit, "sentence")


def _field(visit: Visit, name: str) -> str:
    value = visit.values.get(name, {}).get(f"limit.{name}", {}).get("value")
    return str(value or "").strip()


def _window(name: str, written: str, words: Words) -> Json:
    editor = text_input("limit.sentence", value=written, longest=LONGEST_SENTENCE, multiline=True, live=True)
    named = field("name", words("limit.name"), text_input("limit.name", longest=LONGEST_NAME))
    blocks = [
        section(words.markup("limit.about", name=name)) if name else named,
        field("sentence", words("limit.sentence"), editor, live=True),
        context(_understood(name or "new", written, words)),
        context(words.markup("limit.examples", examples=" · ".join(EXAMPLES))),
        *([_way_out(name, words)] if name else []),
    ]
    title, submit = words("limit.title"), words("limit.submit")
    memory = Memory(limit=name).dump()
    return modal("limit.save", title, blocks, submit=submit, close=words("cancel"), memory=memory)


def _understood(name: str, written: str, words: Words) -> str:
    if not written:
        return words("limit.nothing_yet")
    try:
        return words.markup("limit.understood", sentence=sentence(editing.read(name, written)))
    except ChorusError as error:
        return words.markup("limit.not_understood", why=str(error))


def _way_out(name: str, words: Words) -> Json:
    ask = Confirm(words("limit.retire_title"), words("limit.retire_text"), words("limit.retire_yes"), words("cancel"))
    return actions("retire", button("limit.retire", words("button.retire"), name, style="danger", confirm=ask))


ACTIONS: Mapping[str, Listener] = MappingProxyType(
    {
        "limit.change": Listener(Act.EDIT_LIMITS, ask_change),
        "limit.new": Listener(Act.EDIT_LIMITS, ask_new),
        "limit.sentence": Listener(Act.EDIT_LIMITS, look),
        "limit.retire": Listener(Act.EDIT_LIMITS, retire),
    }
)
VIEWS: Mapping[str, Listener] = MappingProxyType({"limit.save": Listener(Act.EDIT_LIMITS, save)})
