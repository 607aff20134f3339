"""The records of Plaza's memory, and how they lie in SQLite."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    id INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE, name TEXT NOT NULL, bio TEXT NOT NULL DEFAULT '',
    role TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY, account_id INTEGER REFERENCES accounts, scopes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS apps (
    client_id TEXT PRIMARY KEY, client_secret TEXT NOT NULL, name TEXT NOT NULL, back TEXT NOT NULL,
    scopes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY, client_id TEXT NOT NULL, account_id INTEGER NOT NULL, back TEXT NOT NULL,
    challenge TEXT NOT NULL, scopes TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS posts (
    id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts, text TEXT NOT NULL,
    visibility TEXT NOT NULL, state TEXT NOT NULL, parent_id INTEGER, root_id INTEGER NOT NULL,
    language TEXT, warning TEXT NOT NULL DEFAULT '', created_at TEXT NOT NULL, edited_at TEXT);
CREATE INDEX IF NOT EXISTS posts_by_account ON posts (account_id, id);
CREATE INDEX IF NOT EXISTS posts_by_root ON posts (root_id, id);
CREATE TABLE IF NOT EXISTS revisions (post_id INTEGER NOT NULL, text TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS revisions_by_post ON revisions (post_id);
CREATE TABLE IF NOT EXISTS mentions (
    post_id INTEGER NOT NULL, account_id INTEGER NOT NULL, PRIMARY KEY (post_id, account_id));
CREATE TABLE IF NOT EXISTS tags (tag TEXT NOT NULL, post_id INTEGER NOT NULL, PRIMARY KEY (tag, post_id));
CREATE TABLE IF NOT EXISTS likes (
    post_id INTEGER NOT NULL, account_id INTEGER NOT NULL, PRIMARY KEY (post_id, account_id));
CREATE TABLE IF NOT EXISTS notifications (
    id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, kind TEXT NOT NULL, from_id INTEGER NOT NULL,
    post_id INTEGER NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS notifications_by_account ON notifications (account_id, id);
CREATE TABLE IF NOT EXISTS keys (
    account_id INTEGER NOT NULL, key TEXT NOT NULL, post_id INTEGER NOT NULL, created_at TEXT NOT NULL,
    PRIMARY KEY (account_id, key));
"""

NEWEST_ID = """
SELECT coalesce(max(id), 0) AS newest
FROM (SELECT id FROM accounts UNION ALL SELECT id FROM posts UNION ALL SELECT id FROM notifications)
"""


class Role(StrEnum):
    """Who someone is on Plaza."""

    PUBLIC = "public"
    COMPANY = "company"
    MODERATOR = "moderator"


class State(StrEnum):
    """Whether a post can be read. Only live posts are given to anyone through the API."""

    LIVE = "live"
    HIDDEN = "hidden"
    DELETED = "deleted"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    username: str
    name: str
    bio: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A post as Plaza keeps it."""

    id: int
    account: Account
    text: str
    visibility: str
    state: State
    parent_id: int | None
    root_id: int
    language: str | None
    warning: str
    created_at: datetime
    edited_at: datetime | None
    likes: int
    answers: int

    @property
    def is_live(self) -> bool:
        return self.state is State.LIVE


@dataclass(frozen=True, slots=True)
class App:
    """A program that people may let speak for them; `back` is where they are sent afterwards."""

    client_id: str
    client_secret: str
    name: str
    back: str
    scopes: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened to someone."""

    id: int
    kind: str
    sender: Account
    entry: Entry
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a list is asked for, in Mastodon's terms."""

    limit: int = 20
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    offset: int = 0


ENTRY = """
SELECT posts.*, accounts.username, accounts.name, accounts.bio, accounts.role, accounts.created_at AS joined_at,
    (SELECT count(*) FROM likes WHERE likes.post_id = posts.id) AS likes,
    (SELECT count(*) FROM posts AS answer WHERE answer.root_id = posts.root_id AND answer.parent_id = posts.id
        AND answer.state = 'live') AS answers
FROM posts JOIN accounts ON accounts.id = posts.account_id
"""


def bounds_of(column: str, span: Span, values: list[object]) -> tuple[str, str]:
    bounds = ""
    for sign, value in ((">", span.min_id), (">", span.since_id), ("<", span.max_id)):
        if value is not None:
            bounds += f" AND {column} {sign} ?"
            values.append(min(value, 2**63 - 1))
    return f"ORDER BY {column} {'ASC' if span.min_id is not None else 'DESC'}", bounds


def account_of(row: sqlite3.Row) -> Account:
    return Account(row["id"], row["username"], row["name"], row["bio"], Role(row["role"]), to_time(row["created_at"]))


def entry_of(row: sqlite3.Row) -> Entry:
    author = Account(
        row["account_id"], row["username"], row["name"], row["bio"], Role(row["role"]), to_time(row["joined_at"])
    )
    return Entry(
        id=row["id"],
        account=author,
        text=row["text"],
        visibility=row["visibility"],
        state=State(row["state"]),
        parent_id=row["parent_id"],
        root_id=row["root_id"],
        language=row["language"],
        warning=row["warning"],
        created_at=to_time(row["created_at"]),
        edited_at=to_time(row["edited_at"]) if row["edited_at"] else None,
        likes=row["likes"],
        answers=row["answers"],
    )


def to_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def to_time(value: str) -> datetime:
    return datetime.fromisoformat(value)
