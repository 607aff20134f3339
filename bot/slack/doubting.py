"""“This finding is wrong”, and “this should have been found”: by which rule, and why, if one likes. Either becomes an
example that the community managers decide about."""

from collections.abc import Mapping
from types import MappingProxyType

from bot import packs, review
from bot.permissions import Act
from bot.slack import modals, reply_modal
from bot.slack.blocks import Json, Option, field, modal, quote, radio, section, select, text_input
from bot.slack.memory import Memory
from bot.slack.text import one_line, plain, revealed
from bot.slack.visit import Listener, Visit
from bot.slack.words import Words
from guidelines.base import Finding
from guidelines.rule import Rule

ACTION = CALLBACK = "finding.doubt"
MISSED = "finding.missed"
MOST = 10
MOST_RULES = 100
"""Slack's menus hold no more; the console lists them all."""
_LONGEST_QUOTE = 2800


def ask(visit: Visit) -> None:
    """Ask which finding is meant, of those that the guidelines in force have against the text now."""
    memory = _kept(visit)
    text, findings = packs.objections(visit.deps, _subject(memory))
    if findings:
        visit.open(_window(text, findings, memory, visit.words))
    else:
        visit.open(modals.notice(visit.words("wrong.title"), visit.words("wrong.nothing"), visit.words))


def propose(visit: Visit) -> None:
    """Put it before the community managers."""
    rule = str(visit.values["rule"]["rule"]["selected_option"]["value"])
    comment = str(visit.values["comment"]["comment"].get("value") or "")
    packs.propose_passing(visit.deps, _subject(visit.memory), rule, by=visit.person, comment=comment)
    told = modals.notice(visit.words("wrong.title"), visit.words("wrong.done"), visit.words)
    visit.ack(response_action="update", view=told)


def ask_missed(visit: Visit) -> None:
    """Ask which rule should have found something, of those that find nothing in the text now."""
    memory = _kept(visit)
    looked = packs.seen(visit.deps, _subject(memory))
    rules = packs.silent(visit.deps, looked)
    if rules:
        visit.open(_missed(looked.text, rules, memory, visit.words))
    else:
        visit.open(modals.notice(visit.words("missed.title"), visit.words("missed.nothing"), visit.words))


def propose_missed(visit: Visit) -> None:
    """Put what a rule missed before the community managers."""
    rule = str(visit.values["rule"]["rule"]["selected_option"]["value"])
    comment = str(visit.values["comment"]["comment"].get("value") or "")
    looked = packs.seen(visit.deps, _subject(visit.memory))
    packs.propose_failing(visit.deps, looked, rule, by=visit.person, comment=comment)
    told = modals.notice(visit.words("missed.title"), visit.words("missed.done"), visit.words)
    visit.ack(response_action="update", view=told)


def _kept(visit: Visit) -> Memory:
    """Return what the doubt is about: a reply under review or, of the reply window, what is typed, kept as a draft."""
    memory = visit.memory
    if memory.review:
        return Memory(reply=memory.reply)
    typed = reply_modal.typed_in(visit.values, memory)
    draft = review.save(visit.deps, memory.mention, by=visit.person, text=typed.text, draft_id=memory.draft)
    return Memory(draft=draft.id, account=typed.account_id)


def _subject(memory: Memory) -> packs.Subject:
    return packs.Subject(draft_id=memory.draft or 0, reply_id=memory.reply, account_id=memory.account)


def _window(text: str, findings: tuple[Finding, ...], memory: Memory, words: Words) -> Json:
    named = {finding.rule: finding for finding in reversed(findings)}
    options = [_option(rule, finding.title, finding.why, words) for rule, finding in named.items()][-MOST:][::-1]
    return modal(
        CALLBACK,
        words("wrong.title"),
        [
            section(words("wrong.text")),
            _looked_at(text, words),
            field("rule", words("wrong.rule"), radio("rule", options, options[0].value)),
            _comment(words),
        ],
        submit=words("wrong.submit"),
        close=words("cancel"),
        memory=memory.dump(),
    )


def _missed(text: str, rules: tuple[Rule, ...], memory: Memory, words: Words) -> Json:
    options = [_option(rule.id, rule.title, rule.why, words) for rule in rules[:MOST_RULES]]
    return modal(
        MISSED,
        words("missed.title"),
        [
            section(words("missed.text")),
            _looked_at(text, words),
            field("rule", words("missed.rule"), select("rule", options, "", placeholder=words("missed.choose"))),
            _comment(words),
        ],
        submit=words("wrong.submit"),
        close=words("cancel"),
        memory=memory.dump(),
    )


def _option(rule: str, title: str, why: str, words: Words) -> Option:
    return Option(rule, one_line(words.said(title or rule), 70), one_line(words.said(why), 70))


def _looked_at(text: str, words: Words) -> Json:
    return quote(plain(revealed(text), _LONGEST_QUOTE) or words("post.empty"))


def _comment(words: Words) -> Json:
    typed = text_input("comment", multiline=True, longest=1000, placeholder=words("wrong.comment_hint"))
    return field("comment", words("wrong.comment"), typed, optional=True)


ACTIONS: Mapping[str, Listener] = MappingProxyType(
    {ACTION: Listener(Act.DOUBT_FINDINGS, ask), MISSED: Listener(Act.DOUBT_FINDINGS, ask_missed)}
)
VIEWS: Mapping[str, Listener] = MappingProxyType(
    {CALLBACK: Listener(Act.DOUBT_FINDINGS, propose), MISSED: Listener(Act.DOUBT_FINDINGS, propose_missed)}
)
