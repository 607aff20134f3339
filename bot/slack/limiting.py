"""Limits, changed where they are read: a sentence is written, read back in other words, and put in force."""

from collections.abc import Mapping, Sequence
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
from bot.throttle.limits import limit_of
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
    visit.open(_window(visit, name, known[name].sentence))


def ask_new(visit: Visit) -> None:
    """Ask for the name and the sentence of a new limit."""
    visit.open(_window(visit, "", ""))


def look(visit: Visit) -> None:
    """Somebody paused in writing: say how the sentence is understood."""
    visit.refresh(_window(visit, visit.memory.limit, _written(visit)))


def save(visit: Visit) -> None:
    """Put the limit in force; it holds for the next decision."""
    name = visit.memory.limit or _field(visit, "name")
    try:
        limit = editing.read(name, _written(visit))
    except ChorusError as error:
        visit.ack(response_action="errors", errors={"sentence": visit.words.said(str(error))})
        return
    with visit.deps.sessions() as session:
        odd = editing.oddities_with(session, visit.deps, limit)
    editing.put(visit.deps, limit, by=visit.person)
    view = _told(visit, name, visit.words.markup("limit.saved", sentence=visit.words.said(sentence(limit))), odd)
    visit.ack(response_action="update", view=view)
    with visit.afterwards("a changed limit"):
        overseeing.publish(visit)


def retire(visit: Visit) -> None:
    """Take a limit out of force."""
    editing.retire(visit.deps, visit.pressed, by=visit.person)
    _changed(visit, _told(visit, visit.pressed, visit.words("limit.retired")))


def undo(visit: Visit) -> None:
    """Take the last change of a limit back; undoing that does the change again."""
    record = editing.undo(visit.deps, visit.pressed, by=visit.person)
    told = visit.words("limit.retired")
    if record is not None:
        told = visit.words.markup("limit.saved", sentence=visit.words.said(sentence(limit_of(record))))
    _changed(visit, _told(visit, visit.pressed, told))


def _changed(visit: Visit, view: Json) -> None:
    with visit.afterwards("a changed limit"):
        visit.refresh(view)
        overseeing.publish(visit)


def _told(visit: Visit, name: str, told: str, odd: Sequence[str] = ()) -> Json:
    """What was done, what is odd about it, and the way back."""
    back = actions("undo", button("limit.undo", visit.words("button.undo_limit"), name))
    return modals.notice(visit.words("limit.title"), told, visit.words, blocks=[*_odd(odd, visit.words), back])


def _odd(odd: Sequence[str], words: Words) -> list[Json]:
    return [section(words.markup("limit.odd", odd=" ".join(map(words.said, odd))))] if odd else []


def _written(visit: Visit) -> str:
    return _field(visit, "sentence")


def _field(visit: Visit, name: str) -> str:
    value = visit.values.get(name, {}).get(f"limit.{name}", {}).get("value")
    return str(value or "").strip()


def _window(visit: Visit, name: str, written: str) -> Json:
    words = visit.words
    editor = text_input("limit.sentence", value=written, longest=LONGEST_SENTENCE, multiline=True, live=True)
    named = field("name", words("limit.name"), text_input("limit.name", longest=LONGEST_NAME))
    blocks = [
        section(words.markup("limit.about", name=name)) if name else named,
        field("sentence", words("limit.sentence"), editor, live=True),
        *_understood(visit, name or "new", written),
        context(words.markup("limit.examples", examples=" · ".join(EXAMPLES))),
        *([_way_out(name, words)] if name else []),
    ]
    title, submit = words("limit.title"), words("limit.submit")
    memory = Memory(limit=name).dump()
    return modal("limit.save", title, blocks, submit=submit, close=words("cancel"), memory=memory)


def _understood(visit: Visit, name: str, written: str) -> list[Json]:
    words = visit.words
    if not written:
        return [context(words("limit.nothing_yet"))]
    try:
        limit = editing.read(name, written)
    except ChorusError as error:
        return [context(words.markup("limit.not_understood", why=words.said(str(error))))]
    with visit.deps.sessions() as session:
        odd = editing.oddities_with(session, visit.deps, limit)
    return [context(words.markup("limit.understood", sentence=words.said(sentence(limit)))), *_odd(odd, words)]


def _way_out(name: str, words: Words) -> Json:
    ask = Confirm(words("limit.retire_title"), words("limit.retire_text"), words("limit.retire_yes"), words("cancel"))
    return actions(
        "retire",
        button("limit.undo", words("button.undo_limit"), name),
        button("limit.retire", words("button.retire"), name, style="danger", confirm=ask),
    )


ACTIONS: Mapping[str, Listener] = MappingProxyType(
    {
        "limit.change": Listener(Act.EDIT_LIMITS, ask_change),
        "limit.new": Listener(Act.EDIT_LIMITS, ask_new),
        "limit.sentence": Listener(Act.EDIT_LIMITS, look),
        "limit.retire": Listener(Act.EDIT_LIMITS, retire),
        "limit.undo": Listener(Act.EDIT_LIMITS, undo),
    }
)
VIEWS: Mapping[str, Listener] = MappingProxyType({"limit.save": Listener(Act.EDIT_LIMITS, save)})
