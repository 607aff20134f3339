"""The pages, each in a module of its own: what it reads, what it shows, and what its forms do."""

from bot.console.pages import conversations, limits, replies, simulation

PAGES = (*conversations.PAGES, *replies.PAGES, *limits.PAGES, *simulation.PAGES)
