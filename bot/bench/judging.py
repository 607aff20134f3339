"""How long it takes to judge: a reply by the guidelines, a post by the facts, a mention up to its drafts."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine, text

from bot import database, drafting, intake, triage
from bot.bench import throttle
from bot.bench.company import settled
from bot.bench.crowd import Crowd, answer, posts
from bot.bench.row import Row, fast_enough, timed
from bot.bench.stage import Stage
from guidelines import pack as packs
from guidelines.base import Candidate, check
from guidelines.facts import FactBase
from guidelines.pack import Pack

RULES = 50
FACTS = 1000
NOW = datetime(2026, 11, 21, tzinfo=UTC)

_MENTION = "Thinking about a Harbour Mini for my daughter. Does it charge over USB-C, and does she need an account?"
_REPLIES = 3000
_ASKED = 600
_KNOWN = text("select m.kind, p.text from mention m join post p on p.id = m.post_id where m.id = any(:mentions)")
_SAID_THEN = text("update reply set typed = :typed, approved_at = now() - :ago * interval '20 minutes' where id = :id")
_PRODUCTS = 200
_SAYINGS = (
    (
        "battery",
        "The {name}'s battery lasts {n} hours on one charge.",
        "the {name} battery only lasts {m} hours",
    ),
    ("weight", "The {name} weighs {n} g.", "I heard the {name} weighs {m} g, is that so?"),
    ("price", "The {name} costs ${n}.", "${m} for the {name} is a rip-off"),
    ("port", "The {name} charges over USB-C.", "why does the {name} still charge over micro-USB"),
    ("water", "The {name} is waterproof to IPX8.", "careful, the {name} is not waterproof"),
)
_SYLLABLES = ("ba", "co", "du", "fe", "gi", "ka", "lo", "mi", "nu", "pe", "ro", "sa", "tu", "vi", "wa", "zo")


def rows(stage: Stage) -> Iterator[Row]:
    """Judge with everything warm: what is read once at the start is not what people wait for."""
    rounds = stage.size(10, 1)
    yield _guidelines(rounds)
    yield _facts(stage.size(1000, 50))
    yield from _drafts(stage, stage.size(200, 10))


def _guidelines(rounds: int) -> Row:
    pack = _fifty_rules()
    texts = [example.text for rule in pack.rules for example in (*rule.passing, *rule.failing)]
    candidates = [Candidate(text, "mastodon", mention=_MENTION, company=("Harbour",)) for text in texts]
    check(candidates[0], pack)
    taken = timed(lambda candidate: check(candidate, pack), candidates * rounds)
    return fast_enough(f"guideline check, {len(pack.rules)} rules, {len(texts)} texts", taken, 0.005)


def _fifty_rules() -> Pack:
    """Return the default pack with what a company adds to it: lists of words of its own."""
    default = packs.default()
    dice = random.Random(2)  # noqa: S311 - a repeatable choice, nothing secret
    own = "".join(
        f"  - id: own-{number}\n    title: Rule {number} of the company\n    why: The company asks it.\n"
        f"    check: {{phrases: [{', '.join(_name(dice) + ' ' + _name(dice) for _ in range(10))}]}}\n"
        f"    fix: Say it otherwise.\n"
        for number in range(RULES - len(default.rules))
    )
    return packs.load(f"{default.text.rstrip()}\n{own}")


def _facts(rounds: int) -> Row:
    dice = random.Random(3)  # noqa: S311 - a repeatable choice, nothing secret
    names = [f"{_name(dice).title()} {number}" for number in range(_PRODUCTS)]
    facts = FactBase.load("facts:\n" + "".join(_facts_of(name) for name in names))
    claims = [saying.format(name=dice.choice(names), m=dice.randrange(400)) for _, _, saying in _SAYINGS * rounds]
    texts = [*claims[:rounds], *(post.text for post in posts(rounds))]
    facts.check(texts[0], now=NOW)
    taken = timed(lambda text: facts.check(text, now=NOW), texts)
    return fast_enough(f"fact check, {len(facts.facts):,} facts, {len(texts):,} texts", taken, 0.010)


def _facts_of(name: str) -> str:
    return "".join(
        f'  - {{id: "{name}-{kind}", entity: "{name}", statement: "{truth.format(name=name, n=5 + len(name))}", '
        f'source_url: "https://harbour.example/{kind}"}}\n'
        for kind, truth, _ in _SAYINGS
    )


def _name(dice: random.Random) -> str:
    return "".join(dice.choices(_SYLLABLES, k=4))


def _drafts(stage: Stage, number: int) -> Iterator[Row]:
    crowd = Crowd(list(posts(number + 5)))
    with stage.database() as url:
        engine = database.connect(url)
        throttle.fill(engine, replies=_REPLIES, threads=_ASKED)
        engine.dispose()
        with settled(url, stage.folder, connectors={"mastodon": crowd}) as company:
            mentions = intake.collect(company.deps, company.source.id).mentions
            triage.assess(company.deps, mentions)
            _answer_before(company.engine, mentions[::2])
            drafting.suggest(company.deps, mentions[:5])
            taken = timed(lambda mention: drafting.suggest(company.deps, [mention]), mentions[5:])
    what = "model-free drafts of a mention: found among 3,000 past replies, checked, recorded, committed"
    yield fast_enough(what, taken, 0.020)


def _answer_before(engine: Engine, mentions: Sequence[int]) -> None:
    """Let the past replies be of the last six weeks and to posts of a crowd, some of which say what these say."""
    with engine.begin() as connection:
        known = connection.execute(_KNOWN, {"mentions": list(mentions)}).all()
        others = [(triage.read(post.text).kind.value, post.text) for post in posts(_ASKED - len(known), seed=5)]
        asked = [(kind, " ".join(said.split()[:-2])) for kind, said in known] + others
        changed = [{"id": at, "kind": kind, "text": said} for at, (kind, said) in enumerate(asked, 1)]
        connection.execute(text("update post set text = :text where id = :id"), changed)
        connection.execute(text("update mention set kind = :kind where id = :id"), changed)
        said_then = [{"id": at, "typed": answer(at), "ago": _REPLIES - at} for at in range(1, _REPLIES + 1)]
        connection.execute(_SAID_THEN, said_then)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
