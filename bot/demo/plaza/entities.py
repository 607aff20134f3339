"""Plaza's answers in the shapes of Mastodon's API."""

from datetime import UTC, datetime
from typing import Any

from bot.demo.plaza.content import MAX_LENGTH, URL_LENGTH, tags_in, to_html
from bot.demo.plaza.records import Account, Entry, Notice, Role
from bot.demo.plaza.store import Store

Json = dict[str, Any]

VERSION = "4.3.0"
RULES = (
    "Be kind. Attack ideas, not people.",
    "Companies say who they are, answer when they are addressed, and do not advertise.",
    "No automated replies without a person behind them.",
)


class Shapes:
    """Writes people and posts as Mastodon does, with addresses on this Plaza."""

    def __init__(self, store: Store, base: str, viewer: Account | None = None) -> None:
        self._store = store
        self._base = base
        self._viewer = viewer
        self._names: dict[str, bool] = {}

    def account(self, account: Account, *, private: bool = False) -> Json:
        shape: Json = {
            "id": str(account.id),
            "username": account.username,
            "acct": account.username,
            "display_name": account.name,
            "locked": False,
            "bot": False,
            "discoverable": True,
            "group": False,
            "created_at": stamp(account.created_at),
            "note": self.html(account.bio),
            "url": self.url_of(account),
            "uri": self.url_of(account),
            "avatar": f"{self._base}/avatars/{account.username}.svg",
            "avatar_static": f"{self._base}/avatars/{account.username}.svg",
            "header": "",
            "header_static": "",
            "followers_count": 0,
            "following_count": 0,
            "statuses_count": 0,
            "last_status_at": None,
            "emojis": [],
            "fields": [],
        }
        if account.role is Role.MODERATOR:
            shape["roles"] = [{"id": "1", "name": "Moderator", "color": ""}]
        if private:
            shape["source"] = {
                "note": account.bio,
                "fields": [],
                "privacy": "public",
                "sensitive": False,
                "language": "en",
            }
        return shape

    def status(self, entry: Entry) -> Json:
        parent = self._store.entry(entry.parent_id) if entry.parent_id else None
        return {
            "id": str(entry.id),
            "created_at": stamp(entry.created_at),
            "edited_at": stamp(entry.edited_at) if entry.edited_at else None,
            "in_reply_to_id": str(entry.parent_id) if entry.parent_id else None,
            "in_reply_to_account_id": str(parent.account.id) if parent else None,
            "sensitive": bool(entry.warning),
            "spoiler_text": entry.warning,
            "visibility": entry.visibility,
            "language": entry.language,
            "uri": self.url_of_post(entry),
            "url": self.url_of_post(entry),
            "replies_count": entry.answers,
            "reblogs_count": 0,
            "favourites_count": entry.likes,
            "favourited": bool(self._viewer and self._store.likes_of(self._viewer, [entry])),
            "reblogged": False,
            "muted": False,
            "bookmarked": False,
            "pinned": False,
            "content": self.html(entry.text),
            "filtered": [],
            "reblog": None,
            "application": None,
            "account": self.account(entry.account),
            "media_attachments": [],
            "mentions": [self.mention(one) for one in self._store.mentioned(entry)],
            "tags": [{"name": tag, "url": f"{self._base}/tags/{tag}"} for tag in tags_in(entry.text)],
            "emojis": [],
            "card": None,
            "poll": None,
        }

    def mention(self, account: Account) -> Json:
        name = account.username
        return {"id": str(account.id), "username": name, "acct": name, "url": self.url_of(account)}

    def notification(self, notice: Notice) -> Json:
        return {
            "id": str(notice.id),
            "type": notice.kind,
            "created_at": stamp(notice.created_at),
            "account": self.account(notice.sender),
            "status": self.status(notice.entry),
        }

    def history(self, entry: Entry) -> list[Json]:
        """Return every wording of a post, the first one first."""
        wordings = self._store.history(entry)
        return [
            {
                "content": self.html(text),
                "spoiler_text": entry.warning,
                "sensitive": bool(entry.warning),
                "created_at": stamp(when),
                "account": self.account(entry.account),
                "media_attachments": [],
                "emojis": [],
            }
            for text, when in wordings
        ]

    def html(self, text: str) -> str:
        return to_html(text, base=self._base, is_known=self._is_known)

    def url_of(self, account: Account) -> str:
        return f"{self._base}/@{account.username}"

    def url_of_post(self, entry: Entry) -> str:
        return f"{self.url_of(entry.account)}/{entry.id}"

    def _is_known(self, name: str) -> bool:
        if name not in self._names:
            self._names[name] = self._store.account(name) is not None
        return self._names[name]


def instance(host: str) -> Json:
    """Describe Plaza as version 2 of the instance call does."""
    return {
        "domain": host,
        "title": "Plaza",
        "version": VERSION,
        "source_url": "",
        "description": "A small public place to try things out in.",
        "usage": {"users": {"active_month": 0}},
        "languages": ["en"],
        "configuration": _configuration(),
        "registrations": {"enabled": False, "approval_required": False, "message": None},
        "contact": {"email": "", "account": None},
        "rules": _rules(),
        "api_versions": {"mastodon": 2},
    }


def instance_before(host: str) -> Json:
    """Describe Plaza as version 1 of the instance call does."""
    return {
        "uri": host,
        "title": "Plaza",
        "short_description": "A small public place to try things out in.",
        "description": "",
        "email": "",
        "version": VERSION,
        "urls": {},
        "stats": {"user_count": 0, "status_count": 0, "domain_count": 0},
        "languages": ["en"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": _configuration(),
        "contact_account": None,
        "rules": _rules(),
    }


def stamp(moment: datetime) -> str:
    """Write a time as Mastodon does: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rules() -> list[Json]:
    return [{"id": str(number), "text": text, "hint": ""} for number, text in enumerate(RULES, 1)]


def _configuration() -> Json:
    return {
        "statuses": {
            "max_characters": MAX_LENGTH,
            "max_media_attachments": 0,
            "characters_reserved_per_url": URL_LENGTH,
        },
        "accounts": {"max_featured_tags": 0},
    }
