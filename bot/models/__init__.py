"""The records and the moves they allow."""

from bot.models.audit import AuditEntry, AuditHead, AuditText
from bot.models.base import Json, Record
from bot.models.budgets import Budget, Expense, Period, RequestsLeft, Spending
from bot.models.conversation import Mention, MentionKind, MentionState, Mood, PostRecord, Thread, Urgency
from bot.models.limits import LimitRecord, Stop, StopScope
from bot.models.machinery import Card, Notice, OutboxState, Outgoing, SeenRequest, SlackToken, Tick
from bot.models.outcomes import Outcome, OutcomeKind
from bot.models.people import Account, Employee, PlatformApp, Role
from bot.models.questions import Question, QuestionState
from bot.models.replies import COUNTED, UNUSED, Draft, Origin, Reply, ReplyState
from bot.models.rulebook import (
    NO_REVIEWS,
    ExampleState,
    FactPolicy,
    FactVersion,
    OwnError,
    PackActivation,
    PackVersion,
    ProposedExample,
    WrongState,
)
from bot.models.sources import Source, SourceState, Venue

__all__ = [
    "COUNTED",
    "NO_REVIEWS",
    "UNUSED",
    "Account",
    "AuditEntry",
    "AuditHead",
    "AuditText",
    "Budget",
    "Card",
    "Draft",
    "Employee",
    "ExampleState",
    "Expense",
    "FactPolicy",
    "FactVersion",
    "Json",
    "LimitRecord",
    "Mention",
    "MentionKind",
    "MentionState",
    "Mood",
    "Notice",
    "Origin",
    "OutboxState",
    "Outcome",
    "OutcomeKind",
    "Outgoing",
    "OwnError",
    "PackActivation",
    "PackVersion",
    "Period",
    "PlatformApp",
    "PostRecord",
    "ProposedExample",
    "Question",
    "QuestionState",
    "Record",
    "Reply",
    "ReplyState",
    "RequestsLeft",
    "Role",
    "SeenRequest",
    "SlackToken",
    "Source",
    "SourceState",
    "Spending",
    "Stop",
    "StopScope",
    "Thread",
    "Tick",
    "Urgency",
    "Venue",
    "WrongState",
]
