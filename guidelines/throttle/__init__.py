"""Limits on how much we say: given what was said, may one more reply leave, when, and why not?"""

from guidelines.throttle.decide import Decision, Judgement, Reason, Ruling, decide, first_opening, judge
from guidelines.throttle.defaults import DEFAULTS, platform_rule
from guidelines.throttle.durations import read_duration, say_duration
from guidelines.throttle.ledger import Commercial, Entry, Ledger, Likeness, Place, ThreadNow
from guidelines.throttle.limit import EVERYWHERE, Action, Basis, Condition, Limit, LimitError, Scope, Selector, Unless
from guidelines.throttle.quiet import is_unset
from guidelines.throttle.rules import NOBODY
from guidelines.throttle.sentences import read_sentence, say, sentence
from guidelines.throttle.terms import parse_terms, terms_of
from guidelines.throttle.validation import problems

__all__ = [
    "DEFAULTS",
    "EVERYWHERE",
    "NOBODY",
    "Action",
    "Basis",
    "Commercial",
    "Condition",
    "Decision",
    "Entry",
    "Judgement",
    "Ledger",
    "Likeness",
    "Limit",
    "LimitError",
    "Place",
    "Reason",
    "Ruling",
    "Scope",
    "Selector",
    "ThreadNow",
    "Unless",
    "decide",
    "first_opening",
    "is_unset",
    "judge",
    "parse_terms",
    "platform_rule",
    "problems",
    "read_duration",
    "read_sentence",
    "say",
    "say_duration",
    "sentence",
    "terms_of",
]
