"""The pages, each in a module of its own: what it reads, what it shows, and what its forms do."""

from bot.console.pages import (
    audit,
    conversations,
    facts,
    guidelines,
    health,
    keeping,
    limits,
    overview,
    people,
    replies,
    review,
    saturation,
    simulation,
    sources,
    stops,
    venues,
)

PAGES = (
    *overview.PAGES,
    *conversations.PAGES,
    *replies.PAGES,
    *sources.PAGES,
    *limits.PAGES,
    *simulation.PAGES,
    *saturation.PAGES,
    *guidelines.PAGES,
    *facts.PAGES,
    *stops.PAGES,
    *venues.PAGES,
    *review.PAGES,
    *audit.PAGES,
    *keeping.PAGES,
    *people.PAGES,
    *health.PAGES,
)
