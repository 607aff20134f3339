"""Storing many posts at once, beside the fastest plain way that a program has to insert the same rows."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from time import perf_counter

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot import intake
from bot.bench.company import settled
from bot.bench.crowd import BEGAN, Crowd, posts
from bot.bench.row import Row
from bot.bench.stage import Stage
from bot.database import Sessions, sessions_of
from bot.ledger import Site, store
from connectors.base import Post

MUST = 0.8
BUNDLE = 500
"""Rows in one transaction: what a large page of a platform holds."""

SITE = Site("mastodon", "https://crowd.example", frozenset())

_VENUE = "insert into venue (platform, name, timezone, rules) values ('mastodon', 'crowd.example', 'UTC', '')"
_THREADS = (
    "insert into thread (platform, site, root_external_id, venue_id, first_seen_at, truncated)"
    " values (%s, %s, %s, %s, %s, %s) on conflict do nothing"
)
_POSTS = (
    "insert into post (platform, site, external_id, thread_id, venue_id, author_external_id, author_handle,"
    " author_name, author_url, text, created_at, seen_at, url, parent_external_id, edited_at, language, mentioned,"
    " is_own, is_public, status)"
    " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing"
)


def rows(stage: Stage) -> Iterator[Row]:
    """Store by turns, in the same run, so that a busy machine slows both alike."""
    rounds, size = stage.size(20, 2), stage.size(BUNDLE, 50)
    with stage.engine() as engine:
        yield _beside_plain(sessions_of(engine), list(posts(rounds * size * 2)), size)
    with stage.database() as url:
        crowd = Crowd(list(posts(stage.size(10_000, 200))), page=size)
        with settled(url, stage.folder, connectors={"mastodon": crowd}) as company:
            began, found = perf_counter(), 0
            while collected := intake.collect(company.deps, company.source.id).mentions:
                found += len(collected)
            speed = found / (perf_counter() - began)
    yield Row(f"intake of {found:,} mentions, with their jobs and record", "", f"{speed:,.0f} mentions/s")


def _beside_plain(sessions: Sessions, brought: Sequence[Post], size: int) -> Row:
    with sessions.begin() as session:
        session.execute(text(_VENUE))
    ours: list[float] = []
    plain: list[float] = []
    bundles = [brought[start : start + size] for start in range(0, len(brought), size)]
    for number, bundle in enumerate(bundles):
        way, taken = ((_stored, ours), (_plainly, plain))[number % 2]
        taken.append(_seconds(sessions, way, bundle))
    ratio = statistics.median(plain) / statistics.median(ours)
    speeds = f"{size / statistics.median(ours):,.0f} beside {size / statistics.median(plain):,.0f} posts/s"
    what = f"bulk intake, {size} posts and their threads in each transaction, beside a bare executemany"
    return Row(what, f"≥ {MUST:.0%}", f"{ratio:.0%}: {speeds}", ratio >= MUST)


def _seconds(sessions: Sessions, way: Callable[[Session, Sequence[Post]], None], bundle: Sequence[Post]) -> float:
    began = perf_counter()
    with sessions.begin() as session:
        way(session, bundle)
    return perf_counter() - began


def _stored(session: Session, bundle: Sequence[Post]) -> None:
    store(session, SITE, bundle, at=BEGAN)


def _plainly(session: Session, bundle: Sequence[Post]) -> None:
    """The same rows in the same tables; the ids of the threads must be read back, as for anybody."""
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    with raw.cursor() as cursor:
        cursor.executemany(_THREADS, [_thread_row(post) for post in bundle])
        cursor.execute(
            "select root_external_id, id from thread where platform = 'mastodon' and root_external_id = any(%s)",
            ([post.id for post in bundle],),
        )
        threads = dict(cursor.fetchall())
        cursor.executemany(_POSTS, [_post_row(post, threads[post.id], BEGAN) for post in bundle])


def _thread_row(post: Post) -> tuple[object, ...]:
    return ("mastodon", SITE.address, post.id, 1, BEGAN, False)


def _post_row(post: Post, thread_id: int, at: datetime) -> tuple[object, ...]:
    author = post.author
    names = (author.id, author.handle, author.name, author.url)
    told = (post.text, post.created_at, at, post.url, post.parent_id, post.edited_at, post.language)
    marks = (Jsonb(sorted(post.mentioned)), post.is_own, post.is_public, "live")
    return ("mastodon", SITE.address, post.id, thread_id, 1, *names, *told, *marks)
