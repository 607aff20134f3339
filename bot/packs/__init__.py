"""Guideline packs in the database: adding versions, putting one in force, trying one on the past, learning."""

from bot.packs.learning import (
    Proposal,
    Subject,
    decline,
    learned,
    objections,
    proposals,
    propose,
    propose_passing,
    take,
)
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
    "Subject",
    "Tests",
    "Version",
    "activate",
    "add",
    "begin_scan",
    "decline",
    "learned",
    "objections",
    "pack_of",
    "proposals",
    "propose",
    "propose_passing",
    "read",
    "replay",
    "scan",
    "take",
    "tested",
    "text_of",
    "version",
    "versions",
]
