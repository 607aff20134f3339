"""Whether a reply is in the language of the post it answers. Short or mixed texts are not judged."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from pydantic import model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options
from guidelines.reading import Reading

_MOST_CHARACTERS: Final = 2_000
_FEWEST_LETTERS: Final = 15
_NOISE: Final = re.compile(r"https?://\S+|[@#]\S+|\"[^\"]{1,200}\"|“[^”]{1,200}”|«[^»]{1,200}»")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SCRIPTS: Final = (
    "CYRILLIC",
    "GREEK",
    "HEBREW",
    "ARABIC",
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "THAI",
    "DEVANAGARI",
)
_JAPANESE: Final = ("HIRAGANA", "KATAKANA")
_ALSO_ENGLISH: Final = frozenset(
    ["on", "me", "en", "an", "in", "a", "i", "as", "was", "is", "so", "no", "son", "has", "ha", "come", "do", "men", "hat", "war", "die", "am", "at", "over", "dos", "den", "van", "con", "per", "at", "ten", "os"]
)
_FUNCTION_WORDS: Final[Mapping[str, frozenset[str]]] = {
    language: frozenset(words.split()) - (frozenset() if language == "en" else _ALSO_ENGLISH)
    for language, words in {
        "en": """the and is are was you your it this that of to for with have has not what how when where we they i my
            can will would do does did but from there which who been if at our as be i'm it's don't""",
        "de": """der die das und ist nicht ich sie wir ihr ein eine einen einem mit auf für von zu den dem es auch wie
            was kann können habe hat haben mein meine ihre wenn aber bei nach wird werden sind noch nur oder im am sich""",
        "fr": """le la les des est et un une je vous nous pas que qui pour dans sur avec ce cette mon ma mes votre vos
            il elle sont ai avez être du au aux plus ne mais comment si bien très était ont""",
        "es": """el los las es y un una que de en no por para con mi su sus se lo qué cómo cuando pero más muy está
            están hay ya tengo tiene puedo puede al del le les nos este esta son fue sin porque mis""",
        "it": """il lo gli le è e un una che di non per con mi si sono ho ha hai come quando ma più molto questo
            questa della del dei nel alla ai anche perché posso può vostro vostra ci sul da mia mio""",
        "pt": """o os as é e um uma que de não em por para com meu minha se como quando mas mais muito está estão
            tem tenho posso pode ao do da dos das no na nos este esta são foi já você vocês seu sua""",
        "nl": """de het een en is niet ik je jullie wij we van op voor met dat die deze dit te zijn heb heeft hebben
            kan mijn als maar bij naar wordt nog ook hoe wat wanneer er aan om uw onze geen""",
        "pl": """i w na nie się jest to że z do jak czy co mam ma mój moja po od przez dla ale już tak są był była
            można mogę może jestem proszę ten ta za o tym tego""",
        "sv": """och är det att inte jag vi du ni en ett på för med av till som har kan min mitt om men hur när vad
            den från eller vill ska var er era här också""",
        "da": """og er det at ikke jeg vi du en et på for med af til som har kan min mit om men hvordan når hvad
            den fra eller vil skal var jer jeres her også""",
        "fi": """ja on ei se että en minä me te olen ovat oli mutta kun miten mitä kuin myös jos niin tämä voi voin
            minun teidän ole nyt vielä kanssa""",
        "tr": """ve bir bu için ne nasıl değil mi ben siz biz ile çok var yok ama daha olarak gibi benim sizin
            olan da de mı mu kadar sonra""",
    }.items()
}


class LanguageOptions(Options):
    """`only`: languages we write in; without it, the language of the mention is asked for."""

    only: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value in (True, "same") else value


@lru_cache(maxsize=512)
def detect(text: str) -> str | None:
    """Return a language code, or a script's name for other scripts; nothing when the text is too short or mixed."""
    words = _WORD.findall(_NOISE.sub(" ", text[:_MOST_CHARACTERS]).lower())
    letters = sum(map(len, words))
    if letters < 4:
        return None
    script = _script(words)
    if script:
        return script
    return _by_function_words(words) if letters >= _FEWEST_LETTERS and len(words) >= 4 else None


def _script(words: list[str]) -> str | None:
    counts: Counter[str] = Counter()
    for character in "".join(words)[:400]:
        name = unicodedata.name(character, "LATIN")
        counts[next((script for script in _SCRIPTS if name.startswith(script)), "LATIN")] += 1
    if any(counts[script] for script in _JAPANESE):
        return "japanese"
    script, count = counts.most_common(1)[0]
    return script.lower() if script != "LATIN" and count > 0.6 * sum(counts.values()) else None


def _by_function_words(words: list[str]) -> str | None:
    hits = {
        language: sum(word.replace("’", "'") in function_words for word in words)
        for language, function_words in _FUNCTION_WORDS.items()
    }
    best, second, *_ = sorted(hits, key=lambda language: -hits[language])
    enough = hits[best] >= 2 and hits[best] >= 0.15 * len(words)
    return best if enough and hits[best] >= 1.5 * hits[second] else None


def _build(options: LanguageOptions, _lists: object) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        ours = detect(reading.raw)
        theirs = None if options.only else detect(reading.candidate.mention)
        if ours is None:
            return
        if options.only and ours not in options.only:
            yield Hit(why=f"Written in {ours}; we write in {', '.join(options.only)}.")
        elif theirs is not None and theirs != ours:
            yield Hit(why=f"The post is in {theirs}, the reply in {ours}.")

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (Kind("language", LanguageOptions, _build, "in the language of the post that it answers"),)
