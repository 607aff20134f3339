"""Storing what platforms bring: venues, threads, posts. A repeated post is fine; a lost one is not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.cleaning import fit
from bot.models import Account, Mention, PostRecord, Reply, Thread, Venue
from connectors.base import Post, PostStatus

_POST_COLUMNS = {
    "platform": "text",
    "site": "text",
    "external_id": "text",
    "thread_id": "bigint",
    "venue_id": "bigint",
    "author_external_id": "text",
    "author_handle": "text",
    "author_name": "text",
    "author_url": "text",
    "text": "text",
    "created_at": "timestamptz",
    "seen_at": "timestamptz",
    "checked_at": "timestamptz",
    "url": "text",
    "parent_external_id": "text",
    "edited_at": "timestamptz",
    "language": "text",
    "mentioned": "jsonb",
    "is_own": "boolean",
    "is_public": "boolean",
    "status": "text",
}

# All rows travel as one value: several times as fast as a set of parameters for each of them.
_NEW_POSTS = text(
    f"insert into post ({', '.join(_POST_COLUMNS)}) select {', '.join(_POST_COLUMNS)} "  # noqa: S608 - no text of others
    "from json_to_recordset(cast(:rows as json)) "
    f"as given({', '.join(f'{name} {kind}' for name, kind in _POST_COLUMNS.items())}) "
    "on conflict (platform, site, external_id) do nothing returning external_id, id"
)
_NEW_THREADS = text(
    "insert into thread (platform, site, root_external_id, venue_id, first_seen_at, truncated) "
    "select :platform, :site, root, venue_id, :at, false "
    "from unnest(cast(:roots as text[]), cast(:venue_ids as bigint[])) as given(root, venue_id) "
    "on conflict (platform, site, root_external_id) do nothing returning root_external_id, id"
)
_KNOWN_THREADS = text(
    "select root_external_id, id from thread "
    "where platform = :platform and site = :site and root_external_id = any(cast(:roots as text[]))"
)


@dataclass(frozen=True, slots=True)
class Site:
    """One instance of a platform: the space in which its ids are unique."""

    platform: str
    address: str
    own_ids: frozenset[str]

    @classmethod
    def of(cls, session: Session, account: Account) -> "Site":
        """Return the site of an account, knowing all our identities there."""
        ours = select(Account.external_id).where(Account.platform == account.platform, Account.site == account.site)
        return cls(account.platform, account.site, frozenset(session.scalars(ours)))


def store(session: Session, site: Site, posts: Sequence[Post], *, at: datetime) -> dict[str, int]:
    """Keep posts, each in its thread; returns the record ids of those that are new, by the platform's id."""
    posts, _ = fit(posts, at=at)
    if not posts:
        return {}
    venues = _venues(session, site, {post.venue for post in posts})
    roots = _roots(session, site, posts)
    threads = _threads(session, site, {roots[post.id]: venues[post.venue] for post in posts}, at)
    rows = [_row(site, post, thread_id=threads[roots[post.id]], venue_id=venues[post.venue], at=at) for post in posts]
    return _add(session, rows)


def settle_thread(session: Session, site: Site, root_id: str, posts: Sequence[Post], *, at: datetime) -> Thread:
    """Keep a conversation read whole. What had been taken for threads of their own joins it, under their locks."""
    posts, _ = fit(posts, at=at)
    venues = _venues(session, site, {post.venue for post in posts})
    venue_id = next((venues[post.venue] for post in posts if post.id == root_id), min(venues.values()))
    thread_id = _threads(session, site, {root_id: venue_id}, at)[root_id]
    strays = _strays(session, site, thread_id, [post.id for post in posts])
    lock_threads(session, [thread_id, *strays])
    _join(session, strays, thread_id)
    thread = session.get_one(Thread, thread_id)
    thread.read_at = at
    rows = [_row(site, post, thread_id=thread_id, venue_id=venues[post.venue], at=at) for post in posts]
    _add(session, rows)
    return thread


def lock_threads(session: Session, thread_ids: Iterable[int]) -> None:
    """Lock the rows of threads, lowest id first, so that two who lock several never wait for each other."""
    wanted = sorted(set(thread_ids))
    session.execute(select(Thread.id).where(Thread.id.in_(wanted)).order_by(Thread.id).with_for_update())


def lock_thread_of(session: Session, mention_id: int) -> Mention:
    """Lock the thread that a mention belongs to now, then return the mention as it is after the lock."""
    while True:
        thread_id = session.scalars(select(Mention.thread_id).where(Mention.id == mention_id)).one()
        lock_threads(session, [thread_id])
        mention = session.get_one(Mention, mention_id, populate_existing=True)
        # While we waited the thread may have been found to be part of another one.
        if mention.thread_id == thread_id:
            return mention


def _venues(session: Session, site: Site, names: set[str]) -> dict[str, int]:
    known = {name or site.address for name in names}
    rows = [{"platform": site.platform, "name": name, "timezone": "UTC", "rules": ""} for name in sorted(known)]
    session.execute(insert(Venue).on_conflict_do_nothing(index_elements=["platform", "name"]), rows)
    found = select(Venue.name, Venue.id).where(Venue.platform == site.platform, Venue.name.in_(known))
    ids = dict(session.execute(found).all())
    return {name: ids[name or site.address] for name in names}


def _roots(session: Session, site: Site, posts: Sequence[Post]) -> dict[str, str]:
    """Return the root of each post's thread as far as it is known: told, inherited from a parent, or guessed."""
    parents = {post.parent_id for post in posts if post.parent_id and not post.root_id}
    known = (
        select(PostRecord.external_id, Thread.root_external_id)
        .join(Thread, Thread.id == PostRecord.thread_id)
        .where(
            PostRecord.platform == site.platform,
            PostRecord.site == site.address,
            PostRecord.external_id.in_(parents),
        )
    )
    inherited = dict(session.execute(known).all()) if parents else {}
    roots: dict[str, str] = {}
    for post in posts:
        parent = post.parent_id or post.id
        roots[post.id] = post.root_id or inherited.get(parent) or roots.get(parent) or parent
    return roots


def _threads(session: Session, site: Site, roots: dict[str, int], at: datetime) -> dict[str, int]:
    # In one order for everybody: two who add the same threads then never wait for each other.
    wanted = sorted(roots)
    place = {"platform": site.platform, "site": site.address}
    given = {"roots": wanted, "venue_ids": [roots[root] for root in wanted], "at": at}
    ids: dict[str, int] = dict(session.execute(_NEW_THREADS, place | given).all())
    known = [root for root in wanted if root not in ids]
    if known:
        ids |= dict(session.execute(_KNOWN_THREADS, place | {"roots": known}).all())
    return ids


def _add(session: Session, rows: Sequence[dict[str, object]]) -> dict[str, int]:
    return dict(session.execute(_NEW_POSTS, {"rows": orjson.dumps(rows).decode()}).all())


def _strays(session: Session, site: Site, thread_id: int, post_ids: Sequence[str]) -> list[int]:
    found = select(PostRecord.thread_id).where(
        PostRecord.platform == site.platform,
        PostRecord.site == site.address,
        PostRecord.external_id.in_(post_ids),
        PostRecord.thread_id != thread_id,
    )
    return list(session.scalars(found.distinct()))


def _join(session: Session, strays: Sequence[int], thread_id: int) -> None:
    for record in (PostRecord, Mention, Reply):
        session.execute(update(record).where(record.thread_id.in_(strays)).values(thread_id=thread_id))
    session.execute(delete(Thread).where(Thread.id.in_(strays)))


def _row(site: Site, post: Post, *, thread_id: int, venue_id: int, at: datetime) -> dict[str, object]:
    return {
        "platform": site.platform,
        "site": site.address,
        "external_id": post.id,
        "thread_id": thread_id,
        "venue_id": venue_id,
        "author_external_id": post.author.id,
        "author_handle": post.author.handle,
        "author_name": post.author.name,
        "author_url": post.author.url,
        "text": post.text,
        "created_at": post.created_at,
        "seen_at": at,
        "checked_at": at,
        "url": post.url,
        "parent_external_id": post.parent_id,
        "edited_at": post.edited_at,
        "language": post.language,
        "mentioned": sorted(post.mentioned),
        "is_own": post.is_own or post.author.id in site.own_ids,
        "is_public": post.is_public,
        "status": PostStatus.LIVE,
    }
