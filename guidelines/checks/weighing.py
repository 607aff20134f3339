"""Joins what a check found by its words with what the trained model heard: one of them may be wrong, rarely both."""

from collections.abc import Iterator

from guidelines.checks.contract import Check, Hit
from guidelines.checks.language import may_be_english
from guidelines.reading import Reading
from guidelines.reply_model import loudest, sounds


def weighed(kind: str, check: Check, why: str) -> Check:
    """Return a check that also hears what no phrase says, and lets go what only looks like it.

    `why` is told of what only the model heard. Hits that are `certain` are never let go. The model reads English
    answers beside the post that they answer; of any other text the words decide alone.
    """

    def run(reading: Reading) -> Iterator[Hit]:
        hits = list(check(reading))
        if not reading.trained or not reading.candidate.mention or not may_be_english(reading.raw):
            yield from hits
        elif sounds(reading, kind, found=bool(hits)):
            yield from hits or [Hit(loudest(reading, kind), why)]
        else:
            yield from (hit for hit in hits if hit.certain)

    return run
