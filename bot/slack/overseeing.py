"""Home is opened; the stop switch is thrown and lifted; sources are paused and resumed."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from bot import desk, sources, stops
from bot.errors import ChorusError
from bot.models import SourceState, StopScope
from bot.permissions import Act
from bot.slack import home, modals
from bot.slack.blocks import Json, Option, field, modal, section, select, text_input
from bot.slack.visit import Listener, Visit
from bot.slack.words import Words

DURATIONS: Mapping[str, timedelta | None] = MappingProxyType(
    {"open": None, "hour": timedelta(hours=1), "hours": timedelta(hours=4), "day": timedelta(days=1)}
)


NOTHING = "nothing"
MOST_OF_A_KIND = 30
"""Slack's menus hold a hundred choices; a longer list is in the console."""
_SPOKEN: Mapping[StopScope, str] = MappingProxyType(
    {
        StopScope.PLATFORM: "stop.platform",
        StopScope.ACCOUNT: "stop.account",
        StopScope.SOURCE: "stop.source",
        StopScope.VENUE: "stop.venue",
    }
)


def open_home(visit: Visit) -> None:
    """Show the Home of whoever opens it."""
    if visit.body["event"].get("tab") == "home":
        publish(visit)


def publish(visit: Visit) -> None:
    """Show this person's Home as of now."""
    view = home.home(desk.of(visit.deps, by=visit.person), visit.person, visit.words)
    visit.client.views_publish(user_id=visit.person.slack_user, view=view)


def ask_stop(visit: Visit) -> None:
    """Ask what to stop and why."""
    with visit.deps.sessions() as session:
        found = stops.stoppable(session, visit.deps.connectors, most=MOST_OF_A_KIND)
    visit.open(
        _stop_modal([(each.key, visit.words(_SPOKEN[each.scope], name=each.name)) for each in found], visit.words)
    )


def stop(visit: Visit) -> None:
    """Throw the stop switch. Whatever has not left yet stays."""
    scope, _, subject = _chosen(visit, "place").partition(":")
    lasting = DURATIONS[_chosen(visit, "lasting")]
    until = visit.deps.now() + lasting if lasting else None
    reason = visit.values["reason"]["reason"]["value"] or ""
    passing = _chosen(visit, "allowed")
    allowed = [] if passing == NOTHING else [passing]
    stops.throw(visit.deps, StopScope(scope), subject, reason=reason, by=visit.person, until=until, allowed=allowed)
    told = modals.notice(visit.words("stop.title"), visit.words("stop.done"), visit.words)
    visit.ack(response_action="update", view=told)
    with visit.afterwards("a stop"):
        publish(visit)


def lift(visit: Visit) -> None:
    """Lift a stop; what it froze goes back to its people."""
    stops.lift(visit.deps, visit.subject, by=visit.person)
    _publish_if_home(visit)


def pause(visit: Visit) -> None:
    """Stop reading a source."""
    _set(visit, SourceState.PAUSED)


def resume(visit: Visit) -> None:
    """Read a source again."""
    _set(visit, SourceState.ACTIVE)


def _set(visit: Visit, state: SourceState) -> None:
    sources.set_state(visit.deps, visit.subject, state, actor=f"employee:{visit.person.id}")
    _publish_if_home(visit)


def _publish_if_home(visit: Visit) -> None:
    if (visit.body.get("view") or {}).get("type") == "home":
        with visit.afterwards("a change"):
            publish(visit)


def _chosen(visit: Visit, name: str) -> str:
    try:
        return str(visit.values[name][name]["selected_option"]["value"])
    except (KeyError, TypeError):
        raise ChorusError(visit.words("error.stale")) from None


def _stop_modal(places: list[tuple[str, str]], words: Words) -> Json:
    everything = [Option("all:", words("stop.all")), *(Option(*place) for place in places[:99])]
    passing = [Option(NOTHING, words("stop.nothing")), *(Option(*place) for place in places[:99])]
    durations = [Option(name, words(f"stop.lasting_{name}")) for name in DURATIONS]
    return modal(
        "stop.throw",
        words("stop.title"),
        [
            section(words("stop.text")),
            field("place", words("stop.place"), select("place", everything, "all:")),
            field("allowed", words("stop.allowed"), select("allowed", passing, NOTHING)),
            field("lasting", words("stop.lasting"), select("lasting", durations, "open")),
            field("reason", words("stop.reason"), text_input("reason", multiline=True, longest=300)),
        ],
        submit=words("stop.submit"),
        close=words("cancel"),
    )


ACTIONS: Mapping[str, Listener] = MappingProxyType(
    {
        "stop.ask": Listener(Act.STOP, ask_stop),
        "stop.lift": Listener(Act.STOP, lift),
        "source.pause": Listener(Act.EDIT_SOURCES, pause),
        "source.resume": Listener(Act.EDIT_SOURCES, resume),
    }
)
VIEWS: Mapping[str, Listener] = MappingProxyType({"stop.throw": Listener(Act.STOP, stop)})
EVENTS: Mapping[str, Listener] = MappingProxyType({"app_home_opened": Listener(Act.READ, open_home)})
