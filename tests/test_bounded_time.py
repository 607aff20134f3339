"""Nobody can make us slow with a text: what a hostile post is made of is read in time that grows with its length."""

import multiprocessing
import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib import import_module, resources
from multiprocessing.connection import Connection
from pkgutil import iter_modules
from types import ModuleType

import regex

import guidelines.checks
import guidelines.claims
from bot import triage
from guidelines import reading, suspicious
from guidelines.base import Candidate, check
from guidelines.checks import disclosure
from guidelines.checks.lexicon import lexicon
from guidelines.facts import FactBase
from guidelines.pack import default
from guidelines.reading import Reading

LENGTH = 40_000
ENDS = (4_900, 11_900, 19_900)
"""A letter stands short of what triage, checks and facts read: a run that a search cannot end costs most."""
MOST_SECONDS = 0.5
DEADLY_SECONDS = 3.0
FRAGMENT = 4_000
FRAGMENT_SECONDS = 0.05
"""For a third of what a check reads: where the square of the length is paid, all of it would take half a second."""

# What once was slow, or is slow in patterns that look harmless.
WORST = (
    "\n",
    "\n ",
    "\x0b",
    ".",
    ".!",
    "..a",
    "A.",
    "1",
    "1.",
    "1,",
    "1-",
    "1 1-",
    "_",
    "a",
    "x*",
    "{{",
    "![](http://=",
)
UNITS = (*WORST, " ", ". ", ", ", "- ", "1 ", "a ", "@a ", "-", "'", '"', "(", "[", "<", "#", "@", "a.", "a_", "aa.")
FACTS = """facts:
  - {id: runs, entity: Tern, statement: The Tern runs for 14 hours., source_url: "https://tern.example/battery"}
"""


def hostile(unit: str, length: int) -> str:
    """A text of nothing but one unit, with a letter where reading stops."""
    signs = list((unit * (length // len(unit) + 1))[:length])
    for end in (*(end for end in ENDS if end < length), length - 1):
        signs[end] = "x"
    return "".join(signs)


def seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def test_no_text_takes_long_to_read() -> None:
    waiting = [(name, unit) for name in readers() for unit in WORST]
    slow: list[tuple[str, str, float | None]] = []
    while waiting:
        times = read_in_a_child(waiting)
        assert times, "the child read nothing"
        for name, unit in waiting[: len(times)]:
            took = times[name, unit]
            if took is None or took > MOST_SECONDS:
                slow.append((name, unit, took))
        waiting = waiting[len(times) :]
    assert slow == []


def readers() -> dict[str, Callable[[str], object]]:
    pack, now = default(), datetime(2026, 11, 21, tzinfo=UTC)
    base = FactBase.load(FACTS)
    return {
        "facts": lambda text: base.check(text, now=now),
        "guidelines": lambda text: check(Candidate(text, company=("Tern",)), pack),
        "guidelines of any company": lambda text: check(Candidate(text), pack),
        "suspicion": suspicious.suspicion,
        "triage": triage.read,
    }


def read_in_a_child(waiting: list[tuple[str, str]]) -> dict[tuple[str, str], float | None]:
    """Return the seconds that each took, in order; the last has none where the child was ended in the midst of it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=read_all, args=(theirs, waiting))
    child.start()
    theirs.close()
    times: dict[tuple[str, str], float | None] = {}
    with ours:
        while (told := received(ours)) is not None:
            name, unit, took = told
            times[name, unit] = took
    child.join()
    return times


def received(wire: Connection) -> tuple[str, str, float | None] | None:
    try:
        name, unit, took = wire.recv()
    except EOFError:
        return None
    return name, unit, took


def read_all(wire: Connection, waiting: list[tuple[str, str]]) -> None:
    """Time each; nothing in Python stops a search that has begun, so the system's own timer ends this process."""
    known = readers()
    for read in known.values():
        read("Tern runs for 3 hours.")
    for name, unit in waiting:
        text = hostile(unit, LENGTH)
        wire.send((name, unit, None))
        signal.setitimer(signal.ITIMER_PROF, DEADLY_SECONDS)
        took = seconds(lambda: known[name](text))  # noqa: B023
        if took > MOST_SECONDS:
            took = min(took, seconds(lambda: known[name](text)))  # noqa: B023
        signal.setitimer(signal.ITIMER_PROF, 0)
        wire.send((name, unit, took))


def test_no_pattern_pays_the_square_of_the_length() -> None:
    slow = []
    for unit in UNITS:
        text = hostile(unit, FRAGMENT)
        # Checks never see a text itself, but a reading, in which long runs of one sign are shortened.
        folded = Reading(Candidate(text)).folded
        for patterns, searched in ((PATTERNS_OF_CHECKS, folded), (PATTERNS_OF_TEXTS, text)):
            slow += [(unit, pattern.pattern[:80]) for pattern in patterns if is_slow(pattern, searched)]
    assert slow == []


def is_slow(pattern: re.Pattern[str], text: str) -> bool:
    def search() -> int:
        return sum(1 for _ in pattern.finditer(text))

    return seconds(search) > FRAGMENT_SECONDS and seconds(search) > FRAGMENT_SECONDS


def kept_in(values: Iterable[object]) -> Iterator[re.Pattern[str]]:
    for value in values:
        if isinstance(value, re.Pattern | regex.Pattern):
            yield value
        elif isinstance(value, dict | tuple | list):
            yield from kept_in(value.values() if isinstance(value, dict) else value)


def kept_in_modules(package: ModuleType) -> Iterator[re.Pattern[str]]:
    for module in iter_modules(package.__path__):
        yield from kept_in(vars(import_module(f"{package.__name__}.{module.name}")).values())


def kept_in_word_lists() -> Iterator[re.Pattern[str]]:
    for file in resources.files("guidelines.checks").joinpath("lexicons").iterdir():
        for section in lexicon(file.name.removesuffix(".txt")).values():
            # Lines with a gap are filled with the names of a company before they are searched for.
            if not any("<us>" in line for line in section.lines):
                yield section.pattern


PATTERNS_OF_CHECKS = {
    *kept_in_modules(guidelines.checks),
    *kept_in_word_lists(),
    *kept_in(disclosure._patterns(())),
    *kept_in(disclosure._patterns(("Tern",))),
    *kept_in(vars(reading).values()),
}
PATTERNS_OF_TEXTS = {
    *kept_in_modules(guidelines.claims),
    *kept_in(vars(suspicious).values()),
    *kept_in(vars(triage).values()),
    reading._MARKUP,
}
