"""Everything the local Slack is made of, in one place for whoever needs several parts of it."""

from dataclasses import dataclass

from bot.demo.slack.delivery import Delivery
from bot.demo.slack.events import Events
from bot.demo.slack.faults import Faults
from bot.demo.slack.files import Files
from bot.demo.slack.interactions import ResponseUrls, Triggers
from bot.demo.slack.live import Live
from bot.demo.slack.messages import Messages
from bot.demo.slack.rates import RateLimiter
from bot.demo.slack.scheduled import Scheduled
from bot.demo.slack.signin import SignIn
from bot.demo.slack.state import State
from bot.demo.slack.tokens import Tokens
from bot.demo.slack.views import Views


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts, built once by the server."""

    state: State
    live: Live
    delivery: Delivery
    events: Events
    messages: Messages
    views: Views
    triggers: Triggers
    urls: ResponseUrls
    limiter: RateLimiter
    faults: Faults
    tokens: Tokens
    files: Files
    scheduled: Scheduled
    signin: SignIn
    origin: str
