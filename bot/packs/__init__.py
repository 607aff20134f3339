"""Guideline packs in the database: adding versions, putting one in force, trying one on the past, learning."""

from bot.packs.learning import Proposal, decline, known_situation, learned, proposals, propose, take
from bot.packs.replaying import PackReplay, begin_scan, replay, scan
from bot.packs.versions import (
    PackRefused,
    Tests,
    Version,
    activate,
    add,
    pack_of,
    read,
    tested,
    text_of,
    version,
    versions,
)

__all__ = [
    "PackRefused",
    "PackReplay",
    "Proposal",
    "Tests",
    "Version",
    "activate",
    "add",
    "begin_scan",
    "decline",
    "known_situation",
    "learned",
    "pack_of",
    "proposals",
    "propose",
    "read",
    "replay",
    "scan",
    "take",
    "tested",
    "text_of",
    "version",
    "versions",
]
