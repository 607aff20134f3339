"""The record: what happened, chained so that nothing in it can be changed or taken away unnoticed."""

from bot.audit.protection import Protection, grant_rights, protection
from bot.audit.recording import Pending, canonical, record
from bot.audit.verification import verify
from bot.audit.verifier import Report

__all__ = ["Pending", "Protection", "Report", "canonical", "grant_rights", "protection", "record", "verify"]
