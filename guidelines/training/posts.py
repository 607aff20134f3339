"""The labelled posts to learn from and to weigh by, each with what the network is asked about it."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from guidelines.claims.inference import Inference, Question
from guidelines.claims.judge import Judge
from guidelines.claims.record import Fact
from guidelines.facts import FactBase

_FEWEST_WORDS = 4
_MOST_WORDS = 30


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled post with the questions to ask of it; `fact_id` is the fact it speaks of, where it speaks of one."""

    id: str
    text: str
    parent: str | None
    label: str
    fact_id: str | None
    company: str
    questions: tuple[Question, ...]
    judge: Judge


@dataclass(frozen=True, slots=True)
class Labelled:
    """The facts of some companies, and labelled posts about them as they stand in their file."""

    name: str
    facts: Sequence[Fact]
    posts: Sequence[Mapping[str, Any]]


def read(facts: Path, posts: Path) -> Labelled:
    """The facts of a file and the posts of another, one JSON object a line."""
    base = FactBase.load(facts, strict=False)
    lines = posts.read_text("utf-8").splitlines()
    return Labelled(
        f"{facts.parent.name}/{facts.stem}", list(base.facts.values()), [json.loads(each) for each in lines]
    )


def of_authors(folder: Path) -> Iterator[Labelled]:
    """What to learn from: `facts*.yml` with `posts*.jsonl` of the same name, `companies/NN.yml` with `NN.jsonl`."""
    for facts in sorted(folder.glob("facts*.yml")):
        yield read(facts, facts.with_name(facts.name.replace("facts", "posts")).with_suffix(".jsonl"))
    for facts in sorted((folder / "companies").glob("*.yml")):
        yield read(facts, facts.with_suffix(".jsonl"))


def of_evaluators(folder: Path, numbers: Sequence[int]) -> Iterator[Labelled]:
    """The posts to weigh by, of which nothing is learnt."""
    for number in numbers:
        yield read(folder / "unseen" / f"facts_{number}.yml", folder / "unseen" / f"posts_{number}.jsonl")


def restated(labelled: Labelled, *, seed: int = 0) -> Labelled:
    """The same posts, each fact in the words of a post that agrees with it: another way to say what is true.

    Left out are facts that no such post names in full, and the posts about them, and the posts that stand in as facts.
    """
    dice = random.Random(seed)  # noqa: S311 - a repeatable choice, nothing secret
    said = {fact.id: [post["text"] for post in labelled.posts if _restates(post, fact)] for fact in labelled.facts}
    facts = [replace(fact, statement=dice.choice(said[fact.id])) for fact in labelled.facts if said[fact.id]]
    known, used = {fact.id for fact in facts}, {fact.statement for fact in facts}
    posts = [post for post in labelled.posts if post["text"] not in used and post.get("fact_id", "") in {"", *known}]
    return Labelled(f"{labelled.name} restated", facts, posts)


def _restates(post: Mapping[str, Any], fact: Fact) -> bool:
    if (post["label"], post.get("fact_id")) != ("agrees", fact.id) or post.get("parent") or "?" in post["text"]:
        return False
    named = any(name.lower() in post["text"].lower() for name in (fact.entity, *fact.aliases))
    return named and _FEWEST_WORDS <= len(post["text"].split()) <= _MOST_WORDS


def cases(labelled: Labelled, *, to_learn: bool) -> Iterator[Case]:
    """The posts of a file with what to ask of them.

    To learn from one it is read against the fact it speaks of, however far that seems; to weigh by, as the bot would.
    """
    judge = Judge(labelled.facts)
    inference = Inference(labelled.facts, judge.entities)
    entities = {fact.id: fact.entity for fact in labelled.facts}
    for post in labelled.posts:
        text, parent, fact_id = post["text"], post.get("parent"), post.get("fact_id")
        own = [fact_id] if fact_id else []
        also = own if to_learn else [each.fact_id for each in judge.judge(text, parent)]
        questions = tuple(inference.questions(text, parent, also=also))
        company = next((entities[each] for each in (*own, *(one.fact_id for one in questions)) if each in entities), "")
        name, about = f"{labelled.name}:{post['id']}", f"{labelled.name}:{company}"
        yield Case(name, text, parent, post["label"], fact_id, about, questions, judge)
