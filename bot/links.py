"""A link that somebody pastes: the post behind it becomes a mention, and nobody waits for the platform in a click."""

from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot import audit, outbox, pacing, queue
from bot.accounts import connector_of
from bot.deps import Deps
from bot.errors import ChorusError, NotFound
from bot.intake import fetched
from bot.ledger import Site, store
from bot.models import Account, Employee, Mention, MentionState, PostRecord, Source, SourceState
from bot.permissions import Act, require
from connectors.base import Capability, ConnectorError, Fault, Followed, Post, SourceKind

LONGEST_ADDRESS = 2000

_WHAT_TO_DO = {
    Fault.TRANSIENT: "Try again in a few minutes.",
    Fault.RATE_LIMITED: "Try again in a few minutes.",
    Fault.GONE: "Open it in a browser where you are not signed in: if it is not there either, it was taken away.",
    Fault.AUTH: "Ask an admin to connect the account again.",
}


_CARD = func.coalesce(Mention.joined_to_id, Mention.id)
"""The mention on whose card another one is shown: its own, unless it says the same as an earlier one."""


def ask(deps: Deps, url: str, *, by: Employee, channel: str) -> int | None:
    """Have a link read, and its card shown in a channel. Returns the mention at once when the post is known already.

    Raises `ChorusError` for what is no public address, or lies where no account of ours can read.
    """
    require(by, Act.REPLY)
    address = checked(url)
    with deps.sessions.begin() as session:
        account = _account_for(session, deps, address, by)
        known = session.scalar(_mention_at(account, address))
        if known is not None:
            outbox.show(session, known, at=deps.now())
            return known
        queue.link(session, address, _fingerprint(by, channel, address), employee_id=by.id, channel=channel)
        _record(session, deps, "link.asked", by, f"account:{account.id}", address)
    return None


def take_link(deps: Deps, url: str, *, by: Employee, channel: str) -> int:
    """Read the post behind a link and make it a mention; returns the mention there was when it is known already."""
    require(by, Act.REPLY)
    address = checked(url)
    with deps.sessions() as session:
        account = _account_for(session, deps, address, by)
    post = _read(deps, account, address)
    return _keep(deps, account, post, address, by=by, channel=channel)


def follow_up(deps: Deps, url: str, *, employee_id: int, channel: str) -> None:
    """Do what was asked for earlier. What cannot be done is told to the person who asked, with the reason."""
    with deps.sessions() as session:
        by = session.get_one(Employee, employee_id)
    try:
        take_link(deps, url, by=by, channel=channel)
    except ChorusError as error:
        words = f"The link {url} got no card. {error}"
        with deps.sessions.begin() as session:
            subject = f"link:{_fingerprint(by, channel, url)}"
            outbox.say(session, by.slack_user, subject, words, at=deps.now())
            _record(session, deps, "link.failed", by, f"employee:{by.id}", url, reason=str(error))


def checked(url: str) -> str:
    """Return an address as it is compared and kept; raises `ChorusError` for everything that is no web address."""
    text = url.strip().removeprefix("<").removesuffix(">").partition("|")[0]
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, SplitResult("", "", "", "", "")
    odd = any(mark.isspace() or not mark.isprintable() for mark in text) or len(text) > LONGEST_ADDRESS
    if odd or not host or parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise ChorusError(
            "This is not the address of a public page. Copy it whole from your browser, from https:// on."
        )
    place = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=f"{place}:{port}" if port else place, fragment="").geturl()


def _account_for(session: Session, deps: Deps, address: str, by: Employee) -> Account:
    """Return the account that can read there: the company's before one's own; never another person's."""
    able = [name for name, each in deps.connectors.items() if Capability.THREAD in each.spec.capabilities]
    theirs = Account.employee_id.is_(None) | (Account.employee_id == by.id)
    usable = select(Account).where(Account.platform.in_(able), theirs)
    accounts = session.scalars(usable.order_by(Account.employee_id.nulls_first(), Account.id)).all()
    host = urlsplit(address).netloc
    for account in accounts:
        if urlsplit(account.site).netloc.lower() == host:
            return account
    if _is_private(urlsplit(address).hostname or ""):
        raise ChorusError("This address is not public: only people inside our own network could open it.")
    sites = ", ".join(sorted({urlsplit(account.site).netloc for account in accounts})) or "none yet"
    raise ChorusError(
        f"We have no account that reads {host}, so nothing was asked there. Connected are: {sites}. "
        "Answer by hand, or ask an admin to connect an account."
    )


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost", ".lan", ".home.arpa"))


def _read(deps: Deps, account: Account, address: str) -> Post:
    connector = connector_of(deps, account.platform)
    followed = Followed(SourceKind.THREAD, address)
    try:
        page = fetched(deps, account, followed, None)
    except ConnectorError as error:
        advice = _WHAT_TO_DO.get(error.fault, "Check that the address leads to one single post.")
        raise ChorusError(f"{connector.spec.title} did not give it to us: {error.detail} {advice}") from None
    pacing.noted(deps, account, followed.kind.value, page)
    post = next((post for post in page.posts if _same(post.url, address)), None)
    post = post or next((post for post in page.posts if post.id == _last_part(address)), None)
    if post is None:
        raise NotFound("It was not clear which post is meant. Open that one post alone and copy its address.")
    if not post.is_public:
        raise ChorusError("The post is not open to everybody, and we answer only in public.")
    return post


def _keep(deps: Deps, account: Account, post: Post, address: str, *, by: Employee, channel: str) -> int:
    now = deps.now()
    with deps.sessions.begin() as session:
        site = Site.of(session, account)
        if post.is_own or post.author.id in site.own_ids:
            raise ChorusError("This post is our own. Paste the address of the post that we shall answer.")
        store(session, site, (post,), at=now)
        record = session.scalars(select(PostRecord).where(*_at(account), PostRecord.external_id == post.id)).one()
        new = insert(Mention).values(
            post_id=record.id,
            thread_id=record.thread_id,
            source_id=_source(session, account).id,
            channel=channel,
            collected_at=now,
            state=MentionState.COLLECTED,
            reasons={},
            bands=[],
        )
        added: int | None = session.scalar(new.on_conflict_do_nothing(index_elements=["post_id"]).returning(Mention.id))
        if added is None:
            known: int = session.scalars(select(_CARD).where(Mention.post_id == record.id)).one()
            outbox.show(session, known, at=now)
            return known
        queue.prepare(session, [added])
        _record(session, deps, "link.taken", by, f"mention:{added}", address)
        return added


def _source(session: Session, account: Account) -> Source:
    """Return what holds the mentions that came by links; it follows nothing and is never read."""
    # Under the account's lock, so that two links at once do not make two.
    session.get_one(Account, account.id, with_for_update=True)
    links = (Source.kind == SourceKind.THREAD) & (Source.query == "")
    source = session.scalar(select(Source).where(Source.account_id == account.id, links))
    if source is None:
        source = Source(
            name=f"Links for {account.handle} ({urlsplit(account.site).netloc}, no. {account.id})",
            platform=account.platform,
            kind=SourceKind.THREAD,
            account_id=account.id,
            channel="",
            state=SourceState.PAUSED,
        )
        session.add(source)
        session.flush()
    return source


def _mention_at(account: Account, address: str) -> "Select[int]":
    bare = address.rstrip("/")
    named = or_(PostRecord.url.in_((bare, f"{bare}/")), PostRecord.external_id == _last_part(address))
    found = select(_CARD).join(PostRecord, PostRecord.id == Mention.post_id)
    return found.where(*_at(account), named).order_by(Mention.id).limit(1)


def _at(account: Account) -> tuple[ColumnElement[bool], ...]:
    return PostRecord.platform == account.platform, PostRecord.site == account.site


def _same(one: str, other: str) -> bool:
    return one.partition("#")[0].rstrip("/") == other.rstrip("/")


def _last_part(address: str) -> str:
    return urlsplit(address).path.rstrip("/").rpartition("/")[2]


def _fingerprint(by: Employee, channel: str, address: str) -> str:
    return sha256(f"{by.id}\n{channel}\n{address}".encode()).hexdigest()[:24]


def _record(
    session: Session, deps: Deps, kind: str, by: Employee, subject: str, address: str, *, reason: str = ""
) -> None:
    texts = {"url": address} | ({"reason": reason} if reason else {})
    audit.record(session, kind, at=deps.now(), actor=f"employee:{by.id}", subject=subject, data={}, texts=texts)
