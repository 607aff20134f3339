"""Running competitors down: a bad word about another company, named by the pack, by the mention or not at all."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from pydantic import model_validator

from guidelines.checks.contract import Check, Hit, Kind, OptionError, Options
from guidelines.checks.lexicon import lexicon, word_sets
from guidelines.checks.phrases import phrase_pattern
from guidelines.reading import Reading, Span, fold

_LEXICON: Final = lexicon("bashing")
_NAME: Final = re.compile(r"(?<![\w@#])[A-Z][\w&-]{2,}(?:'s)?(?: (?:[A-Z][\w&-]+|\d+))?")
_COMPARED: Final = re.compile(
    r"\b(?:or|vs|versus|than|switch\w*|mov(?:e|ed|ing) (?:from|to)|left|coming from|alternatives?|compared?|"
    r"instead|better|which|recommend\w*|thinking (?:about|of)|got an?|using|should i|choose|choosing|against|like)\b"
)
_SEVERE: Final = re.compile(
    r"\b(?:scam\w*|garbage|junk|trash|rubbish|crap\w*|liars?|lies?|clowns?|rip-?offs?|sucks?|worst|crooks?|thieves|"
    r"steals?|stole|pathetic|shady|snake oil|spy\w*|sells?|fall(?:s|ing)? apart|copycats?|joke|amateurs?)\b"
)
_SPARED: Final = re.compile(
    r"\b(?:our|ours|we|my|sorry|apolog\w+|your|you're right|fair point|no|not|isn't|aren't|wasn't|never|don't think|"
    r"doesn't mean|nothing wrong|wouldn't say|won't say|far from|hardly|neither)\b"
)
_NO_NAMES: Final = word_sets()["no names"]
_NAMED: Final = "namedrival"


class BashingOptions(Options):
    """`list`: the pack's list of competitors; others are guessed from what the mention compares."""

    list: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else value


def _build(options: BashingOptions, lists: Mapping[str, tuple[str, ...]]) -> Check:
    if options.list is not None and options.list not in lists:
        raise OptionError(f"there is no list '{options.list}' under `lists:`")
    listed = phrase_pattern(lists.get(options.list or "", ()))

    def check(reading: Reading) -> Iterator[Hit]:
        for sentence in reading.sentences:
            span = _bashed(reading, sentence, listed) or _belittled(reading, sentence, listed)
            if span and not reading.is_quoted(span):
                yield Hit(span, "Runs a competitor down.")
                return

    return check


def _bashed(reading: Reading, sentence: Span, listed: re.Pattern[str]) -> Span | None:
    start, end = sentence
    text = reading.lower[start:end]
    bad = list(_LEXICON["bad word"].pattern.finditer(text))
    away = list(_LEXICON["stay away"].pattern.finditer(text))
    if not bad and not away:
        return None
    for name, certain in _rivals(reading, sentence, listed):
        if _follows(text, name, bad, certain=certain) or _preceded(text, name, away):
            return start + name[0], start + name[1]
    return None


def _belittled(reading: Reading, sentence: Span, listed: re.Pattern[str]) -> Span | None:
    """Return the first rival that the pack names in a sentence that finds fault with it; a fair word is none."""
    start, end = sentence
    text = reading.lower[start:end]
    name = listed.search(text)
    if not name or text.rstrip("\"') ").endswith("?"):
        return None
    masked = listed.sub(_NAMED, text)
    if any(_LEXICON[section].pattern.search(masked) for section in ("copied by a rival", "worse than ours")):
        return start + name.start(), start + name.end()
    fault = _LEXICON["defect of a rival"].pattern.search(masked)
    if not fault or _LEXICON["also said of ours"].pattern.search(masked):
        return None
    spared = _LEXICON["spares a rival"].pattern.search(masked[: fault.end()])
    return None if spared else (start + name.start(), start + name.end())


def _rivals(reading: Reading, sentence: Span, listed: re.Pattern[str]) -> Iterator[tuple[Span, bool]]:
    """Yield the rivals of a sentence as spans in it, and whether they are surely rivals."""
    start, end = sentence
    text = reading.lower[start:end]
    for pattern in (listed, _LEXICON["rivals unnamed"].pattern):
        yield from ((match.span(), True) for match in pattern.finditer(text))
    ours = frozenset(word for name in reading.candidate.company for word in re.findall(r"\w+", fold(name).lower()))
    compared = bool(_COMPARED.search(reading.mention[:1000].lower()))
    in_mention = _names_in(reading.mention[:1000])
    for match in _NAME.finditer(reading.folded[start:end]):
        word = match[0].lower().removesuffix("'s").split()[0].removesuffix("'s")
        if word in ours or word in _NO_NAMES:
            continue
        at_start = not text[: match.start()].strip("\"'( ")
        if word in in_mention:
            yield match.span(), compared
        elif not at_start or re.match(r" (?:is|are|was|has|have|does|can|will)\b|\?|'s", text[match.end() :]):
            yield match.span(), False


@lru_cache(maxsize=512)
def _names_in(mention: str) -> frozenset[str]:
    names = (match[0].lower().removesuffix("'s").split()[0] for match in _NAME.finditer(fold(mention)))
    return frozenset(names) - _NO_NAMES


def _follows(text: str, name: Span, bad: list[re.Match[str]], *, certain: bool) -> bool:
    """Whether a bad word is said of the name; of an unsure name only a grave one counts."""
    for word in bad:
        between = text[name[1] : word.start()] if word.start() >= name[1] else text[word.end() : name[0]]
        if len(between) > 45 or _SPARED.search(between) or _SPARED.search(text[max(0, name[0] - 25) : name[0]]):
            continue
        if word.start() < name[0] and not re.fullmatch(
            r"\s|\s(?:\w+ ){0,2}(?:of|at|from|like|by|called) (?:the )?", between
        ):
            continue
        if certain or _SEVERE.search(word[0]):
            return True
    return False


def _preceded(text: str, name: Span, away: list[re.Match[str]]) -> bool:
    for word in away:
        between = text[word.end() : name[0]]
        spared = re.search(r"\b(?:no need to|not saying|don't have to|wouldn't say)\b", text[: word.start()])
        if 0 <= name[0] - word.end() <= 30 and not spared and not re.search(r"[.,;]", between):
            return True
    return False


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (
        Kind(
            "bashing", BashingOptions, _build, "no competitor run down", heard="Reads as if it ran a competitor down."
        ),
    )
