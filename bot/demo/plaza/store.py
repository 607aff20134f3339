"""What Plaza remembers, in one SQLite file or in memory: people, posts, who was mentioned, who may speak for whom."""

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from bot.demo.plaza.content import names_in, tags_in, username_of
from bot.demo.plaza.records import (
    ENTRY,
    NEWEST_ID,
    SCHEMA,
    Account,
    App,
    Entry,
    Notice,
    Role,
    Span,
    State,
    account_of,
    bounds_of,
    entry_of,
    to_text,
    to_time,
)

KEY_LASTS = timedelta(hours=1)
"""For how long a repeated request with the same Idempotency-Key brings the first post back."""


CODE_LASTS = timedelta(minutes=10)


class Store:
    """Plaza's memory. Every method is safe to call from any thread."""

    def __init__(self, path: Path | None, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.create_function("casefold", 1, str.casefold, deterministic=True)
        self._database.executescript(SCHEMA)
        self._last_id: int = self._rows(NEWEST_ID)[0]["newest"]
        self.changes = 0
        """Counts every change since the start, so that a page knows when to look again."""

    def close(self) -> None:
        with self._lock:
            self._database.close()

    # People

    def account(self, username: str) -> Account | None:
        row = self._row("SELECT * FROM accounts WHERE username = ?", username.lower())
        return account_of(row) if row else None

    def account_by_id(self, account_id: int) -> Account | None:
        row = self._row("SELECT * FROM accounts WHERE id = ?", account_id)
        return account_of(row) if row else None

    def accounts(self) -> list[Account]:
        return [account_of(row) for row in self._rows("SELECT * FROM accounts ORDER BY id")]

    def someone_called(self, name: str) -> Account | None:
        """Return who has this display name or user name."""
        row = self._row("SELECT * FROM accounts WHERE casefold(name) = casefold(?) ORDER BY id", name.strip())
        return account_of(row) if row else self.account(username_of(name))

    def join(self, name: str) -> Account:
        """Return who is called so; they join if new."""
        return self.someone_called(name) or self.add_account(username_of(name), name.strip())

    def add_account(self, username: str, name: str, *, bio: str = "", role: Role = Role.PUBLIC) -> Account:
        """Add someone, or return who has that name already."""
        with self._change() as database:
            database.execute(
                "INSERT OR IGNORE INTO accounts VALUES (?, ?, ?, ?, ?, ?)",
                (self._next_id(), username.lower(), name, bio, role, to_text(self._now())),
            )
        account = self.account(username)
        assert account is not None
        return account

    def token_for(self, account: Account | None, scopes: str = "read write") -> str:
        """Return the token that speaks for `account`; the same one every time."""
        with self._change() as database:
            if account is not None and (
                known := self._value("SELECT token FROM tokens WHERE account_id = ? ORDER BY rowid", account.id)
            ):
                return str(known)
            token = secrets.token_urlsafe(32)
            database.execute("INSERT INTO tokens VALUES (?, ?, ?)", (token, account and account.id, scopes))
            return token

    def new_token(self, account_id: int, scopes: str) -> str:
        """Return a token of its own, so that taking it back ends nothing else."""
        token = secrets.token_urlsafe(32)
        with self._change() as database:
            database.execute("INSERT INTO tokens VALUES (?, ?, ?)", (token, account_id, scopes))
        return token

    def add_app(self, name: str, back: str, scopes: str) -> App:
        """Remember a program that wants to speak for people."""
        app = App(secrets.token_urlsafe(24), secrets.token_urlsafe(24), name, back, scopes)
        with self._change() as database:
            values = (app.client_id, app.client_secret, app.name, app.back, app.scopes)
            database.execute("INSERT INTO apps VALUES (?, ?, ?, ?, ?)", values)
        return app

    def app(self, client_id: str) -> App | None:
        row = self._row("SELECT * FROM apps WHERE client_id = ?", client_id)
        return App(**dict(row)) if row else None

    def add_code(self, app: App, account: Account, *, back: str, challenge: str, scopes: str) -> str:
        """Return a code that works once, for a short while, for this program."""
        code = secrets.token_urlsafe(24)
        with self._change() as database:
            values = (code, app.client_id, account.id, back, challenge, scopes, to_text(self._now()))
            database.execute("INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        return code

    def take_code(self, code: str) -> Mapping[str, str] | None:
        """Return what a code stands for, and forget it, whether it is still good or not."""
        with self._change() as database:
            row = database.execute("DELETE FROM codes WHERE code = ? RETURNING *", (code,)).fetchone()
        if row is None or self._now() - to_time(row["created_at"]) > CODE_LASTS:
            return None
        return dict(row)

    def token_owner(self, token: str) -> tuple[bool, Account | None]:
        """Whether a token is good, and for whom it speaks."""
        row = self._row("SELECT account_id FROM tokens WHERE token = ?", token)
        if row is None:
            return False, None
        return True, self.account_by_id(row["account_id"]) if row["account_id"] else None

    def revoke(self, token: str) -> None:
        with self._change() as database:
            database.execute("DELETE FROM tokens WHERE token = ?", (token,))

    # Posts

    def entry(self, post_id: int) -> Entry | None:
        row = self._row(f"{ENTRY} WHERE posts.id = ?", post_id)
        return entry_of(row) if row else None

    def add_post(
        self,
        author: Account,
        text: str,
        *,
        parent: Entry | None = None,
        visibility: str = "public",
        language: str | None = None,
        warning: str = "",
        key: str | None = None,
        at: datetime | None = None,
    ) -> Entry:
        """Keep a new post and tell those it names."""
        when = to_text(at or self._now())
        with self._change() as database:
            post_id = self._next_id(at)
            root = parent.root_id if parent else post_id
            database.execute(
                "INSERT INTO posts VALUES (?, ?, ?, ?, 'live', ?, ?, ?, ?, ?, NULL)",
                (post_id, author.id, text, visibility, parent and parent.id, root, language, warning, when),
            )
            self._index(post_id, author, text, when, visibility)
            if key:
                database.execute("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?)", (author.id, key, post_id, when))
        return self._known(post_id)

    def by_key(self, author: Account, key: str) -> Entry | None:
        """Return what was posted with this key within the last hour."""
        since = to_text(self._now() - KEY_LASTS)
        row = self._row(
            "SELECT post_id FROM keys WHERE account_id = ? AND key = ? AND created_at > ?", author.id, key, since
        )
        return self.entry(row["post_id"]) if row else None

    def edit(self, entry: Entry, text: str) -> Entry:
        """Change a post; what it said before stays in its history."""
        now = to_text(self._now())
        with self._change() as database:
            written = to_text(entry.edited_at or entry.created_at)
            database.execute("INSERT INTO revisions VALUES (?, ?, ?)", (entry.id, entry.text, written))
            database.execute("UPDATE posts SET text = ?, edited_at = ? WHERE id = ?", (text, now, entry.id))
            database.execute("DELETE FROM tags WHERE post_id = ?", (entry.id,))
            self._index(entry.id, entry.account, text, now, entry.visibility)
        return self._known(entry.id)

    def history(self, entry: Entry) -> list[tuple[str, datetime]]:
        """Return every wording of a post, the first one first."""
        rows = self._rows("SELECT text, created_at FROM revisions WHERE post_id = ? ORDER BY rowid", entry.id)
        earlier = [(row["text"], to_time(row["created_at"])) for row in rows]
        return [*earlier, (entry.text, entry.edited_at or entry.created_at)]

    def set_state(self, entry: Entry, state: State) -> None:
        """Hide, show, delete or remove a post. Deleted and removed text is erased, not only hidden."""
        with self._change() as database:
            database.execute("UPDATE posts SET state = ? WHERE id = ?", (state, entry.id))
            if state in (State.DELETED, State.REMOVED):
                database.execute("UPDATE posts SET text = '', warning = '' WHERE id = ?", (entry.id,))
                database.execute("DELETE FROM revisions WHERE post_id = ?", (entry.id,))
                database.execute("DELETE FROM tags WHERE post_id = ?", (entry.id,))

    def like(self, entry: Entry, account: Account, *, on: bool) -> Entry:
        with self._change() as database:
            if not on:
                database.execute("DELETE FROM likes WHERE post_id = ? AND account_id = ?", (entry.id, account.id))
            elif database.execute("INSERT OR IGNORE INTO likes VALUES (?, ?)", (entry.id, account.id)).rowcount:
                self._notify(entry.account.id, "favourite", account, entry.id, to_text(self._now()))
        return self._known(entry.id)

    def likes_of(self, account: Account, entries: Iterable[Entry]) -> set[int]:
        """Which of these posts someone likes."""
        rows = self._rows("SELECT post_id FROM likes WHERE account_id = ?", account.id)
        return {row["post_id"] for row in rows} & {entry.id for entry in entries}

    def mentioned(self, entry: Entry) -> list[Account]:
        sql = "SELECT accounts.* FROM mentions JOIN accounts ON id = account_id WHERE post_id = ? ORDER BY id"
        return [account_of(row) for row in self._rows(sql, entry.id)]

    # Lists

    def thread(self, root_id: int) -> list[Entry]:
        """Return every post of a thread in the order written, whatever its state."""
        return [entry_of(row) for row in self._rows(f"{ENTRY} WHERE posts.root_id = ? ORDER BY posts.id", root_id)]

    def by_account(self, account: Account, span: Span, *, before: datetime | None = None) -> list[Entry]:
        """Return someone's posts, the newest first; with `before`, only those at least that old."""
        if before is not None:
            return self._span("account_id = ? AND posts.created_at <= ?", [account.id, to_text(before)], span)
        return self._span("account_id = ?", [account.id], span)

    def all_by(self, account: Account) -> list[Entry]:
        """Return everything someone ever posted, oldest first, whatever its state."""
        return [
            entry_of(row) for row in self._rows(f"{ENTRY} WHERE posts.account_id = ? ORDER BY posts.id", account.id)
        ]

    def public(self, span: Span) -> list[Entry]:
        return self._span("visibility = 'public'", [], span)

    def by_tag(self, tag: str, span: Span) -> list[Entry]:
        where = "visibility = 'public' AND posts.id IN (SELECT post_id FROM tags WHERE tag = ?)"
        return self._span(where, [tag.lower()], span)

    def search(self, words: str, span: Span) -> list[Entry]:
        """Return the public posts that hold every word, the newest first whatever `span` asks."""
        wanted = [word for word in words.casefold().split() if word][:10]
        where = " AND ".join(["visibility = 'public'", *["instr(casefold(posts.text), ?) > 0"] * len(wanted)])
        newest_first = Span(span.limit, span.max_id, span.since_id or span.min_id, None, span.offset)
        return self._span(where, list(wanted), newest_first)

    def openings(self, limit: int) -> list[Entry]:
        """Return the first posts of the threads in which something was last said."""
        newest = "(SELECT max(id) FROM posts AS other WHERE other.root_id = posts.id AND other.state = 'live')"
        where = "posts.parent_id IS NULL AND posts.visibility = 'public'"
        return [entry_of(row) for row in self._rows(f"{ENTRY} WHERE {where} ORDER BY {newest} DESC LIMIT ?", limit)]

    def notices(self, account: Account, kinds: Sequence[str], span: Span) -> list[Notice]:
        values: list[object] = [account.id, *kinds]
        where = f"account_id = ? AND kind IN ({','.join('?' * len(kinds))})"
        where += " AND EXISTS (SELECT 1 FROM posts WHERE posts.id = post_id AND state = 'live')"
        order, bounds = bounds_of("id", span, values)
        rows = self._rows(f"SELECT * FROM notifications WHERE {where}{bounds} {order} LIMIT ?", *values, span.limit)  # noqa: S608
        notices = [self._notice(row) for row in rows]
        return notices[::-1] if span.min_id is not None else notices

    # Below here: how

    def _span(self, where: str, values: list[object], span: Span) -> list[Entry]:
        order, bounds = bounds_of("posts.id", span, values)
        sql = f"{ENTRY} WHERE posts.state = 'live' AND {where}{bounds} {order} LIMIT ? OFFSET ?"
        entries = [entry_of(row) for row in self._rows(sql, *values, span.limit, span.offset)]
        return entries[::-1] if span.min_id is not None else entries

    def _index(self, post_id: int, author: Account, text: str, when: str, visibility: str) -> None:
        if visibility == "public":
            self._database.executemany(
                "INSERT OR IGNORE INTO tags VALUES (?, ?)", [(tag, post_id) for tag in tags_in(text)]
            )
        for name in names_in(text):
            named = self.account(name)
            if named is None or named.id == author.id:
                continue
            added = self._database.execute("INSERT OR IGNORE INTO mentions VALUES (?, ?)", (post_id, named.id))
            if added.rowcount:
                self._notify(named.id, "mention", author, post_id, when)

    def _notify(self, account_id: int, kind: str, sender: Account, post_id: int, when: str) -> None:
        if account_id != sender.id:
            values = (self._next_id(), account_id, kind, sender.id, post_id, when)
            self._database.execute("INSERT INTO notifications VALUES (?, ?, ?, ?, ?, ?)", values)

    def _notice(self, row: sqlite3.Row) -> Notice:
        sender = self.account_by_id(row["from_id"])
        assert sender is not None
        return Notice(row["id"], row["kind"], sender, self._known(row["post_id"]), to_time(row["created_at"]))

    def _known(self, post_id: int) -> Entry:
        entry = self.entry(post_id)
        assert entry is not None
        return entry

    def _next_id(self, at: datetime | None = None) -> int:
        """Return an id that grows with time, as Mastodon's do."""
        moment = at or self._now()
        self._last_id = max(self._last_id + 1, int(moment.timestamp() * 1000) << 16)
        return self._last_id

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("SAVEPOINT change")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK TO change")
                raise
            finally:
                self._database.execute("RELEASE change")
            self.changes += 1

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    def _row(self, sql: str, *values: object) -> sqlite3.Row | None:
        rows = self._rows(sql, *values)
        return rows[0] if rows else None

    def _value(self, sql: str, *values: object) -> object:
        row = self._row(sql, *values)
        return row[0] if row else None
