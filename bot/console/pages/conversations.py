"""Conversations: the list with its filters, and one conversation with our decisions in their place."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from starlette.responses import Response

from bot import corrections, showing
from bot.console import finding
from bot.console.finding import Wanted
from bot.console.house import Page, Visit
from bot.models import MentionKind, MentionState, Mood, Urgency

MOST_ECHOES = 5

Choice = TypeVar("Choice", bound=StrEnum)


def show_list(visit: Visit) -> Response:
    """Show the conversations that the filters let through."""
    wanted = _wanted(visit)
    with visit.deps.sessions() as session:
        found = finding.find(session, wanted, before=visit.number("before"))
        choices = finding.choices(session)
    return visit.show(
        "conversations.html",
        title="Conversations",
        found=found,
        wanted=wanted,
        is_narrowed=wanted != Wanted(),
        choices=choices,
        states=list(MentionState),
        kinds=list(MentionKind),
        moods=list(Mood),
        urgencies=list(Urgency),
    )


def show_one(visit: Visit) -> Response:
    """Show one conversation."""
    number = visit.subject()
    moments = finding.thread(visit.deps, number)
    card = showing.card(visit.deps, number)
    return visit.show(
        "conversation.html",
        title=f"{card.post.author}, {card.venue}",
        card=card,
        moments=moments,
        echoes=corrections.echoes_of(visit.deps, number, by=visit.person, most=MOST_ECHOES),
    )


def day_of(text: str) -> datetime | None:
    """Return the beginning of a day written as 2026-11-21, in UTC; what is no day is taken as not said."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def end_of(text: str) -> datetime | None:
    """Return the end of such a day: the day itself is still included."""
    day = day_of(text)
    return day + timedelta(days=1) if day is not None and day.year < 9999 else None


def one_of(kind: type[Choice], text: str) -> Choice | None:
    """Return what was chosen; what is no choice is taken as not said."""
    return kind(text) if text in {member.value for member in kind} else None


def _wanted(visit: Visit) -> Wanted:
    return Wanted(
        words=visit.asked("q")[:200],
        state=one_of(MentionState, visit.asked("state")),
        kind=one_of(MentionKind, visit.asked("kind")),
        mood=one_of(Mood, visit.asked("mood")),
        urgency=one_of(Urgency, visit.asked("urgency")),
        venue=visit.number("venue"),
        source=visit.number("source"),
        since=day_of(visit.asked("since")),
        until=end_of(visit.asked("until")),
    )


PAGES = (Page("/conversations", show_list), Page("/conversations/{id}", show_one))
