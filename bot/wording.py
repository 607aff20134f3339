"""The words of drafts that no model wrote: put together so that no two replies of a week read alike."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import gcd
from types import MappingProxyType

from rapidfuzz import fuzz

from bot.likeness import plain
from bot.models import MentionKind
from guidelines.claims.corrections import correction_text
from guidelines.facts import Fact

TRIES = 12
"""So many ways to say it are held against what we said lately."""
APART = 75.0
"""Of 100: texts less alike than this do not read alike."""

GREETINGS = (
    "Hi, the {company} team here.",
    "Hello, this is the {company} team.",
    "{company} team here.",
    "Hi there, from the {company} team.",
    "Hello from us, this is the {company} team.",
)
_THANKS = (
    "Thank you, this made our day! The {company} team here.",
    "Hi, the {company} team here. Thank you!",
    "Lovely to hear! This is the {company} team.",
    "{company} team here, and thank you.",
)
PARTS: Mapping[MentionKind, tuple[Sequence[str], ...]] = MappingProxyType(
    {
        MentionKind.QUESTION: (
            GREETINGS,
            (
                "Good question. [Answer it in one or two sentences.]",
                "[Your answer, in plain words.]",
                "[Answer first, then anything they need to try it.]",
                "Glad you ask: [the answer, and where it is written if it is.]",
            ),
            (
                "Does that help?",
                "Tell us if that leaves something open.",
                "Was that what you were after?",
                "What else would you like to know?",
            ),
        ),
        MentionKind.COMPLAINT: (
            GREETINGS,
            (
                "Sorry about that, it should not be like this.",
                "That sounds frustrating, and we would like to understand it.",
                "Thank you for telling us, and sorry for the trouble.",
                "This is not what we want for anybody, sorry.",
            ),
            (
                "Which model is it, and what happened just before?",
                "When did it start, and what have you tried so far?",
                "Could you say which version you have? Then we can look into it with you.",
                "What were you doing when it happened? We would like to see it for ourselves.",
            ),
        ),
        MentionKind.PRAISE: (
            _THANKS,
            (
                "We will pass it on to the people who built it.",
                "It is read aloud here.",
                "That is what it was made for.",
                "Words like these keep us going.",
            ),
            ("What do you use it for most?", "What would you like to see next?", "Which part do you like best?"),
        ),
        MentionKind.LEAD: (
            GREETINGS,
            (
                "We are biased, of course, so ask us anything.",
                "It depends on what you need: [one honest sentence on what it is good at and what not.]",
                "Happy to help you find out whether it fits.",
                "We know its strengths and its limits, so do ask.",
            ),
            ("What would you use it for?", "What matters most to you?", "What do you have now, and what is missing?"),
        ),
        MentionKind.FALSE_CLAIM: (
            GREETINGS,
            (
                "Thank you for raising this. [Say what is true, and link to where it is written.]",
                "Thanks for bringing it up. [What is true, with a link to its source.]",
            ),
            (
                "If you saw something else, tell us where, and we will look into it.",
                "Tell us if you see it otherwise, and we will check.",
            ),
        ),
        MentionKind.OTHER: (
            GREETINGS,
            ("[What would help this person? If nothing would, choose “No reply”.]",),
        ),
    }
)
SHORT = "{company} team here, thanks for raising it! {statement}. Source: {source} Tell us if you see otherwise."


def template(kind: MentionKind, number: int, *, company: str, recent: Sequence[str]) -> tuple[str, int]:
    """Return a template for a kind of post that reads like none of `recent`, with its own number.

    `number` is the mention's: neighbours begin at different words, though nothing was posted between them.
    """
    parts = PARTS[kind]
    chosen = least_alike([_put_together(parts, at, company) for at in _ways(parts, number)], recent)
    return chosen, next(at for at in _ways(parts, number) if _put_together(parts, at, company) == chosen) + 1


def corrections(fact: Fact, number: int, *, company: str, recent: Sequence[str]) -> Iterator[str]:
    """Yield corrections that thank, cite the source, say who we are and leave a door open: the freshest first, then
    one for platforms with little room."""
    greeting = GREETINGS[number % len(GREETINGS)].format(company=company)
    ways = [f"{greeting} {correction_text(fact, seed=f'{fact.id}:{number}:{at}')}" for at in range(TRIES)]
    yield least_alike(ways, recent)
    yield min(ways, key=len)
    yield SHORT.format(company=company, statement=fact.statement.strip().rstrip("."), source=fact.source_url)


def least_alike(texts: Sequence[str], others: Sequence[str]) -> str:
    """Return the first text that reads like none of the others; failing that, the one that does so least."""
    known = [plain(other) for other in others]
    best, least = texts[0], float("inf")
    for text in texts:
        said = plain(text)
        likeness = max((fuzz.token_sort_ratio(said, other) for other in known), default=0.0)
        if likeness < APART:
            return text
        if likeness < least:
            best, least = text, likeness
    return best


def _ways(parts: Sequence[Sequence[str]], number: int) -> Iterator[int]:
    """Yield some of the ways to put parts together, far apart from each other, each once."""
    total = 1
    for choices in parts:
        total *= len(choices)
    step = next(step for step in range(max(1, round(total * 0.382)), total + 2) if gcd(step, total) == 1)
    return islice(((number * step + at * step * 7) % total for at in range(total)), min(TRIES, total))


def _put_together(parts: Sequence[Sequence[str]], way: int, company: str) -> str:
    words = []
    for choices in parts:
        way, at = divmod(way, len(choices))
        words.append(choices[at])
    return " ".join(words).format(company=company)
