"""Who is on Plaza from the start, and what they were talking about before anyone came."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.demo.plaza.records import Account, Entry, Role
from bot.demo.plaza.store import Store

COMPANY = {
    "harbour": ("Harbour", "Small e-readers that stay out of the way. Answers come from people, who say their name."),
    "ana": ("Ana Duarte", "Support at Harbour. Opinions about tea are mine."),
    "ben": ("Ben Osei", "Firmware at Harbour. I like batteries."),
}
MODERATOR = ("keeper", "The keeper", "Keeps this place tidy.")
PUBLIC = {
    "maya": ("Maya Okafor", "Reads on trains."),
    "tomas": ("Tomás Reyes", "Librarian. Large print advocate."),
    "priya": ("Priya Nair", "Two toddlers, one book a month."),
    "jonas": ("Jonas Lindqvist", "I take gadgets apart."),
    "lea": ("Léa Fontaine", "Poetry, mostly."),
    "sam": ("Sam Whitlock", "Runs the Tuesday book club."),
}


@dataclass(frozen=True)
class Said:
    """Something said `minutes` ago, and what was answered to it."""

    by: str
    minutes: int
    text: str
    answers: tuple["Said", ...] = field(default=())
    liked_by: tuple[str, ...] = ()


_DAY = 24 * 60

_THREADS = (
    Said(
        "sam",
        2 * _DAY + 90,
        "Book club picked “The Summer Book” for August. Who is in? #bookclub",
        (
            Said("priya", 2 * _DAY + 70, "@sam In! It is short enough for my life right now.", liked_by=("sam",)),
            Said("lea", 2 * _DAY + 55, "@sam Finally something with an island in it.", liked_by=("sam", "maya")),
        ),
        ("priya", "lea", "maya"),
    ),
    Said(
        "jonas",
        _DAY + 400,
        "Opened up the Harbour Mini this weekend. Four screws, no glue, and the battery just unplugs. More of this, "
        "please. #ereaders",
        (
            Said("tomas", _DAY + 380, "@jonas No glue? In this century?", liked_by=("jonas",)),
            Said("jonas", _DAY + 371, "@tomas I looked twice.", liked_by=("tomas",)),
        ),
        ("tomas", "maya", "sam"),
    ),
    Said(
        "tomas",
        _DAY + 130,
        "We lend e-readers at the library now. The question we get every single day: “How do I make the letters "
        "bigger?” #libraries",
        (Said("maya", _DAY + 100, "@tomas My father asks me the same, about every device he owns."),),
        ("priya",),
    ),
    Said(
        "lea",
        600,
        "Does the Harbour Reader keep line breaks in poetry? My last one turned Dickinson into a newspaper column.",
        (Said("jonas", 560, "@lea Mine does, if the file is a proper EPUB. PDFs are another story."),),
        ("tomas",),
    ),
    Said(
        "priya",
        200,
        "Left my e-reader on the bus, got it back from the driver the same evening. People are good, it turns out.",
        (Said("sam", 190, "@priya Which line? I want to ride with that driver.", liked_by=("priya",)),),
        ("sam", "maya", "lea", "jonas"),
    ),
    Said("maya", 45, "Forty minutes of delay and a full battery. I have had worse mornings. #trains", (), ("sam",)),
)


def furnish(store: Store) -> None:
    """Let those in who belong here; harmless when they are here already."""
    for username, (name, bio) in COMPANY.items():
        store.add_account(username, name, bio=bio, role=Role.COMPANY)
    username, name, bio = MODERATOR
    store.add_account(username, name, bio=bio, role=Role.MODERATOR)
    for username, (name, bio) in PUBLIC.items():
        store.add_account(username, name, bio=bio)


def seed(store: Store, now: datetime) -> None:
    """Let people have talked already, unless somebody has."""
    if store.openings(1):
        return
    people = {account.username: account for account in store.accounts()}
    said: dict[int, Entry] = {}
    for one, parent in sorted(_all(_THREADS, None), key=lambda pair: -pair[0].minutes):
        at = now - timedelta(minutes=one.minutes)
        above = said[id(parent)] if parent is not None else None
        said[id(one)] = store.add_post(people[one.by], one.text, parent=above, language="en", at=at)
    for one, _ in _all(_THREADS, None):
        _like(store, said[id(one)], [people[name] for name in one.liked_by])


def _all(said: tuple[Said, ...], parent: Said | None) -> list[tuple[Said, Said | None]]:
    return [pair for one in said for pair in ((one, parent), *_all(one.answers, one))]


def _like(store: Store, entry: Entry, people: list[Account]) -> None:
    for person in people:
        store.like(entry, person, on=True)
