"""A Slack on this machine, as strict as the real one."""

from bot.demo.slack.errors import PersonError
from bot.demo.slack.person import Person
from bot.demo.slack.rates import Rates
from bot.demo.slack.seed import Seed, SeedApp, SeedChannel, SeedPerson, Shortcut, SlashCommand, chorus_app, harbour
from bot.demo.slack.server import LocalSlack

__all__ = [
    "LocalSlack",
    "Person",
    "PersonError",
    "Rates",
    "Seed",
    "SeedApp",
    "SeedChannel",
    "SeedPerson",
    "Shortcut",
    "SlashCommand",
    "chorus_app",
    "harbour",
]
