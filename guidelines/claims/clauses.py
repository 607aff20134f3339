"""A post as clauses: who each speaks of, how it is meant, and what an answer takes from the question before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from guidelines.claims import gate
from guidelines.claims.calendar import decade_at
from guidelines.claims.entities import EntityIndex, Mention, narrowed
from guidelines.claims.gate import Stance
from guidelines.claims.lexicon import by_first_word, group, meanings, phrases, stem, stop_words, weak_words
from guidelines.claims.quotations import is_quoted
from guidelines.claims.text import LONGEST, Token, fold, sentence_bounds, tokens_of
from guidelines.claims.variants import VARIANTS

MOST_SENTENCES = 60
MOST_CLAUSES = 120
_BREAKS = frozenset({",", ":", ";", "(", ")", ".", "!", "?", "-", "|", "/", "*", "•", "→", ">", '"'})
_CONJUNCTIONS = group("clauses conjunctions")
_PRONOUNS = group("clauses pronouns")
_SUBJECTS = _PRONOUNS | frozenset(["i", "we", "my", "our", "i'm", "i've", "the"])
_FEELINGS = group("clauses feelings")
_ANSWERS = frozenset({"no", "nope", "nah", "yes", "yeah", "yep", "yup"})
_BEFORE_MINUS = frozenset({"to", "below", "at", "under", "above", "until", "reach", "reaches"})
_HANGING = frozenset({"when", "because", "after", "as", "while"})
_OTHERS = phrases("clauses others")
_NO_REJECTION = by_first_word(
    *("not a lie", "not a myth", "isn't a myth"),
    *(f"no {word}" for word in ("lie", "lies", "bs", "nonsense", "bullshit", "rubbish", "myth")),
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: its tokens, its sentence, the entities it speaks of, and its stance.

    `refuted` says that the author rejects it; `yes` is the answer (True or False) that the clause gives to a question
    before it; `own` says that it names the entity itself; `borrowed` are the words of the question it answers.
    """

    tokens: tuple[Token, ...]
    sentence: int
    stance: Stance
    entities: frozenset[str] = frozenset()
    names: frozenset[int] = frozenset()
    own: bool = False
    refuted: bool = False
    reported: bool = False
    yes: bool | None = None
    borrowed: tuple[Token, ...] = ()
    mentions: tuple[Mention, ...] = ()
    around: tuple[Token, ...] = ()


def clauses_of(text: str, index: EntityIndex, *, parent: str | None = None) -> list[Clause]:
    """The clauses of a post, with entities and stance settled, and those that answer a question in its parent."""
    context = _narrowed(_split_all(parent, index)) if parent else []
    clauses = _narrowed(_split_all(text, index), context)
    clauses = _attribute(clauses, _inherited(context))
    clauses = _refute(clauses)
    return _answer(clauses, context) if context else _answer(clauses, clauses)


def are_all_read(text: str) -> bool:
    """Whether a text is short enough for all its sentences to be read."""
    bounds = sentence_bounds(fold(text).text)
    return len(text) <= LONGEST and len(bounds) <= MOST_SENTENCES


def _narrowed(clauses: list[Clause], context: Sequence[Clause] = ()) -> list[Clause]:
    """Let a name that several entities share mean the one that the post, or its parent, names in full."""
    if not any(mention.shared for clause in clauses for mention in clause.mentions):
        return clauses
    beside = [mention for clause in context for mention in clause.mentions]
    settled = iter(narrowed([mention for clause in clauses for mention in clause.mentions], beside))
    return [replace(clause, mentions=tuple(next(settled) for _ in clause.mentions)) for clause in clauses]


def _inherited(context: Sequence[Clause]) -> frozenset[str]:
    named = [mention.entities for clause in context for mention in clause.mentions if not mention.contrast]
    return frozenset().union(*named)


def _split_all(text: str, index: EntityIndex) -> list[Clause]:
    folded = fold(text)
    found: list[Clause] = []
    invented = False
    bounds = sentence_bounds(folded.text)[:MOST_SENTENCES]
    sentences = [tokens_of(folded, start, end)[:400] for start, end in bounds]
    for number, sentence in enumerate(sentences):
        if not sentence:
            continue
        if gate.is_outcry(sentence, sentences[number + 1] if number + 1 < len(sentences) else ()):
            sentence = [token for token in sentence if token.text != "?"]
        quoted = sentence[0].text == ">"
        invented = invented or gate.is_creative(sentence)
        for tokens in _split(_without_aside(sentence, index)):
            clause = _clause(tokens, sentence, number, index)
            found.append(replace(clause, stance=Stance.OTHER) if quoted or invented else clause)
    return found[:MOST_CLAUSES]


def _without_aside(sentence: Sequence[Token], index: EntityIndex) -> Sequence[Token]:
    """A sentence without the brackets around a bare name: "the Lindmoor clinic (Lumivox) is shut"."""
    texts = [token.text for token in sentence]
    if "(" not in texts or ")" not in texts[texts.index("(") :]:
        return sentence
    start = texts.index("(")
    end = texts.index(")", start)
    inside = index.mentions(sentence[start + 1 : end])
    if sum(mention.last - mention.first + 1 for mention in inside) != end - start - 1:
        return sentence
    return [token for at, token in enumerate(sentence) if at not in (start, end)]


def _clause(tokens: Sequence[Token], sentence: Sequence[Token], number: int, index: EntityIndex) -> Clause:
    mentions = index.mentions(tokens)
    names = frozenset(at for mention in mentions for at in range(mention.first, mention.last + 1))
    stance = gate.stance_of(tokens, sentence)
    return Clause(tuple(tokens), number, stance, names=names, mentions=tuple(mentions), around=tuple(sentence))


def _split(sentence: Sequence[Token]) -> list[list[Token]]:
    """Cut at commas, dashes and conjunctions; "and" cuts only before a new subject."""
    parts: list[list[Token]] = [[]]
    for at, token in enumerate(sentence):
        if _breaks(sentence, at):
            parts.append([])
            if token.kind == "symbol":
                continue
        parts[-1].append(token)
    return [part for part in parts if any(token.kind != "symbol" for token in part)]


def _breaks(sentence: Sequence[Token], at: int) -> bool:
    token = sentence[at]
    if at == 1 and sentence[0].text in _ANSWERS and token.text in _SUBJECTS:
        return True
    following = sentence[at + 1].text if at + 1 < len(sentence) else ""
    if token.text == "-" and at and sentence[at - 1].text in _BEFORE_MINUS and following.isdecimal():
        return False
    if token.text in ("-", "/"):
        return token.text == "-" and not (at and sentence[at - 1].kind == "number" and following.isdigit())
    if token.text == '"' and token.attached and at and sentence[at - 1].kind == "number":
        return False
    if token.text in _BREAKS:
        return not _inside_list(sentence, at)
    if token.text in _CONJUNCTIONS and at:
        return not (token.text == "since" and (following.isdecimal() or _tells_decade(sentence, at + 1)))
    return token.text in ("and", "which", "or") and following in _SUBJECTS


def _tells_decade(sentence: Sequence[Token], at: int) -> bool:
    """Whether "the 80s" or "the early nineties" stands at a place."""
    near = sentence[at : at + 3]
    return bool(near) and near[0].text == "the" and any(decade_at(sentence, at + step) for step in (1, 2))


def _inside_list(sentence: Sequence[Token], at: int) -> bool:
    """Whether a comma only separates the members of "iOS, Android and Windows" or the parts of a date."""
    if sentence[at].text != ",":
        return False
    rest = sentence[at + 1 : at + 5]
    if rest and rest[0].kind == "number" and at and sentence[at - 1].kind == "number":
        return True
    joint = next((number for number, token in enumerate(rest) if token.text in ("and", "or", "&")), None)
    return joint is not None and 0 < joint <= 2 and not any(token.text in _SUBJECTS for token in rest[: joint + 2])


def _attribute(clauses: list[Clause], inherited: frozenset[str]) -> list[Clause]:
    """Give every clause the entities that it names, or that what came before was about."""
    settled: list[Clause] = []
    current = frozenset[str]() if any(_named(clause) for clause in clauses) else inherited
    for at, clause in enumerate(clauses):
        named = _named(clause)
        other = not named and (_speaks_of_others(clause) or bool(clause.mentions))
        if named:
            current = named
        elif other:
            settled.append(replace(clause, stance=Stance.OTHER))
            current = frozenset() if not inherited else current
            continue
        elif _turns_to_stranger(clause):
            current = frozenset()
        about = current or (_ahead(clauses, at) if _needs_subject(clause) or _leads(clauses, at) else frozenset())
        if _goes_on(settled, clause):
            clause = replace(clause, stance=Stance.ANECDOTE)
        stance = Stance.OPINION if named and clause.stance is Stance.ASSERTION and _is_object(clause) else clause.stance
        settled.append(replace(clause, entities=about, own=bool(named), stance=stance))
    return settled


def _turns_to_stranger(clause: Clause) -> bool:
    """Whether an author's own story brings in a name nobody knows here: "I use OtherBrand, it's cheaper"."""
    if clause.stance is not Stance.ANECDOTE:
        return False
    return any(token.kind == "word" and token.capital and _unknown(token) for token in clause.tokens[1:])


def _is_object(clause: Clause) -> bool:
    """Whether the entity only suffers what someone else feels: "crypto fans hate Lumivox"."""
    names = [mention for mention in clause.mentions if not mention.contrast]
    return all(mention.first and clause.tokens[mention.first - 1].text in _FEELINGS for mention in names)


def _named(clause: Clause) -> frozenset[str]:
    return frozenset().union(*(mention.entities for mention in clause.mentions if not mention.contrast))


def _ahead(clauses: Sequence[Clause], at: int) -> frozenset[str]:
    """The entity named by the next clauses, for "They sell your data. Classic Lumivox."."""
    for clause in clauses[at + 1 : at + 3]:
        if named := _named(clause):
            return named
    return frozenset()


def _goes_on(before: Sequence[Clause], clause: Clause) -> bool:
    """Whether "it" is still the author's own: "I ordered my card but it hasn't come"."""
    if not before or before[-1].stance is not Stance.ANECDOTE or clause.stance is not Stance.ASSERTION:
        return False
    first = next((token.text for token in clause.tokens if token.text not in _CONJUNCTIONS | {"and"}), "")
    owned = any(token.text in ("my", "our") for token in before[-1].tokens)
    return (
        owned
        and before[-1].sentence == clause.sentence
        and first in ("it", "they", "its", "it's")
        and not clause.mentions
    )


def _leads(clauses: Sequence[Clause], at: int) -> bool:
    """Whether the clause behind hangs on this one: "three people were hurt when the Skua Vega ran aground"."""
    following = clauses[at + 1] if at + 1 < len(clauses) else None
    if gate.opens_as_participle(clauses[at].tokens):
        return True
    if following is None or following.sentence != clauses[at].sentence or clauses[at].stance is not Stance.ASSERTION:
        return False
    return following.tokens[0].text in _HANGING


def _needs_subject(clause: Clause) -> bool:
    words = [token.text for token in clause.tokens if token.kind == "word"]
    return bool(words) and (
        words[0] in _PRONOUNS - {"you", "your", "there", "that", "this", "u", "ya"} or words[:2] == ["no", "longer"]
    )


def _speaks_of_others(clause: Clause) -> bool:
    if gate.contains(clause.tokens, _OTHERS):
        return True
    words = [token for token in clause.tokens if token.kind == "word"]
    article = len(words) > 2 and words[0].text in ("the", "a", "an", "and", "but")
    if article:
        words = words[1:]
    if len(words) < 2:
        return False
    return _foreign_name(
        words[0], words[1], first=not article and clause.tokens[0] is clause.around[0], article=article
    )


def _foreign_name(word: Token, following: Token, *, first: bool, article: bool) -> bool:
    """Whether a clause opens with a name that nobody knows here."""
    verbs = (
        "is",
        "has",
        "was",
        "does",
        "makes",
        "only",
        "can",
        "charges",
        "offers",
        "sells",
        "uses",
        "did",
        "had",
        "lasts",
        "costs",
    )
    code = article and len(word.text) <= 2 and word.raw.isupper()
    if not word.capital or word.text in _SUBJECTS or not (code or _unknown(word)):
        return False
    if article and word.text not in VARIANTS:
        return True
    if following.capital and (not first or _unknown(following)):
        return True
    return following.text in verbs or (first and following.text.endswith("s") and len(following.text) > 3)


def _unknown(token: Token) -> bool:
    part = stem(token.text)
    known = part in stop_words() or token.text in stop_words() or part in weak_words() or part in meanings().by_first
    return not known and len(token.text) > 2 and not token.raw.isupper()


def _refute(clauses: list[Clause]) -> list[Clause]:
    """Mark what the author reports in order to reject."""
    settled = list(clauses)
    for at, clause in enumerate(clauses):
        if gate.refutes_before(clause.tokens):
            _mark_reported(settled, at)
        if clause.stance is Stance.ASSERTION and is_quoted(clause.tokens, clause.around):
            settled[at] = replace(settled[at], stance=Stance.HEDGED)
        if gate.rejects(clause.tokens) and not _negated_rejection(clause):
            settled[at] = replace(settled[at], refuted=True)
            if len([token for token in clause.tokens if token.kind == "word"]) <= 7:
                _mark_before(settled, at)
        elif at and gate.denies(clause.tokens) and _follows_quote(clauses, at):
            _mark_before(settled, at)
    return settled


def _negated_rejection(clause: Clause) -> bool:
    """ "No nonsense", "not a myth"."""
    return gate.contains(clause.tokens, _NO_REJECTION)


def _mark_reported(settled: list[Clause], at: int) -> None:
    settled[at] = replace(settled[at], reported=True)


def _mark_before(settled: list[Clause], at: int) -> None:
    """Reject the clauses of the same sentence before this one, or else the sentence before."""
    here = settled[at].sentence
    before = [index for index in range(at) if settled[index].sentence == here]
    if not any(settled[index].entities and len(settled[index].tokens) > 2 for index in before):
        before += [index for index in range(at) if settled[index].sentence == here - 1]
    for index in before:
        settled[index] = replace(settled[index], refuted=True)


def _follows_quote(clauses: Sequence[Clause], at: int) -> bool:
    """Whether the clause before was put in quotation marks or reported, so that a bare "no" can reject it."""
    before = clauses[at - 1]
    reported = any(
        gate.refutes_before(each.tokens) or gate.reports(each.tokens) for each in clauses[max(0, at - 3) : at]
    )
    return reported or sum(token.text == '"' for token in before.around) >= 2


def _answer(clauses: list[Clause], context: Sequence[Clause]) -> list[Clause]:
    """Let "Nope" and "4 hours tops" borrow the words of the question they answer."""
    settled = []
    for at, clause in enumerate(clauses):
        questions = context if context is not clauses else context[:at]
        question = next((before for before in reversed(questions) if before.stance is Stance.QUESTION), None)
        if question is None or (context is clauses and at and question.sentence != clause.sentence - 1):
            settled.append(clause)
            continue
        settled.append(replace(clause, yes=_yes_or_no(clause.tokens), borrowed=question.tokens))
    return settled


def _yes_or_no(tokens: Sequence[Token]) -> bool | None:
    words = [token.text for token in tokens if token.kind == "word"]
    while words and words[0] in ("lol", "haha", "well", "um", "oh", "actually", "honestly", "sadly", "unfortunately"):
        words = words[1:]
    if not words or len(words) > 6:
        return None
    if words[0] in (
        "yes",
        "yep",
        "yeah",
        "yup",
        "sure",
        "correct",
        "absolutely",
        "definitely",
        "indeed",
        "ya",
        "yea",
        "true",
    ):
        return True
    if words[0] in ("no", "nope", "nah", "never", "negative", "nup", "false"):
        return False
    return _short_form(words)


def _short_form(words: Sequence[str]) -> bool | None:
    """ "They do", "it isn't", "you can't sadly"."""
    positive = ("do", "does", "is", "are", "can", "did", "has", "have", "was", "were", "will")
    if words[0] not in _PRONOUNS | {"we"} or len(words) < 2 or len(words) > 4:
        return None
    trailing = [
        word
        for word in words[2:]
        if word
        not in ("one", "any", "either", "sadly", "unfortunately", "lol", "yes", "indeed", "actually", "tho", "though")
    ]
    if words[1] in positive and not trailing:
        return True
    if (words[1].endswith("n't") or words[1] in ("dont", "doesnt", "isnt", "arent", "cant", "didnt")) and not trailing:
        return False
    return False if words[1] in positive and trailing == ["not"] else None
