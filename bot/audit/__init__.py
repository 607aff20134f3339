"""The record: what happened, chained so that nothing in it can be changed or taken away unnoticed."""

from bot.audit.protection import Protection, protection
from bot.audit.recording import Pending, canonical, record

__all__ = ["Pending", "Protection", "canonical", "protection", "record"]
