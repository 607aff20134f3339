"""Plaza: a small public platform to try the bot on, with a Mastodon-compatible API and a page for the public."""

from bot.demo.plaza.server import Plaza

__all__ = ["Plaza"]
