"""A small past to audit: two people outside, three of us, a few replies with everything that is recorded about them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from bot import audit
from bot.database import Sessions
from bot.models import (
    Account,
    Draft,
    Employee,
    Mention,
    Origin,
    PostRecord,
    Reply,
    ReplyState,
    Source,
    Thread,
    Venue,
)
from connectors.base import Identity, SourceKind

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Past:
    """Makes mentions and replies one after the other, with the entries that the services would write."""

    def __init__(self, sessions: Sessions, start: datetime = AT) -> None:
        self.sessions = sessions
        self.now = start
        self.number = 0
        with sessions.begin() as session:
            self.venue = Venue(platform="plaza", name="harbour")
            self.other_venue = Venue(platform="plaza", name="hill")
            self.people = [
                Employee(slack_user=f"U{name}", name=name, roles=["employee"], first_seen_at=start)
                for name in ("Ada", "Bea", "Cid")
            ]
            account = Account(
                platform="plaza",
                site="https://plaza.example",
                identity=Identity.BRAND,
                external_id="1",
                handle="harbour",
                secrets=b"",
                connected_at=start,
            )
            session.add_all([self.venue, self.other_venue, *self.people, account])
            session.flush()
            self.account_id = account.id
            source = Source(
                name="mentions", platform="plaza", kind=SourceKind.MENTIONS, account_id=account.id, channel="C1"
            )
            session.add(source)
            session.flush()
            self.source_id = source.id

    def reply(
        self,
        *,
        author: str = "mona",
        said: str = "Why does the reader lose my place?",
        answer: str = "Sorry! Version 4 keeps it.",
        by: int = 0,
        venue: int = 0,
        name: str = "Mona Moon",
    ) -> Reply:
        """A post comes in, is judged, answered by a draft, approved and posted; each step its own transaction."""
        self.number += 1
        mention = self._collect(author, name, said, venue)
        draft = self._draft(mention, answer)
        reply = self._approve(mention, draft, author, said, by, venue)
        with self._step() as session:
            self._note(session, "reply.sending", f"reply:{reply.id}", data={"attempt": 1})
        with self._step() as session:
            stored = session.get_one(Reply, reply.id)
            stored.state = ReplyState.POSTED
            stored.url = f"https://plaza.example/@harbour/{reply.id}"
            self._note(
                session,
                "reply.posted",
                f"reply:{reply.id}",
                data={"id": str(reply.id), "url": stored.url},
                texts={"public": answer},
            )
        return reply

    def _collect(self, author: str, name: str, said: str, venue: int) -> Mention:
        with self._step() as session:
            place = (self.venue, self.other_venue)[venue]
            thread = Thread(
                platform="plaza",
                site="https://plaza.example",
                root_external_id=f"r{self.number}",
                venue_id=place.id,
                first_seen_at=self.now,
            )
            session.add(thread)
            session.flush()
            post = PostRecord(
                platform="plaza",
                site="https://plaza.example",
                external_id=f"p{self.number}",
                thread_id=thread.id,
                venue_id=place.id,
                author_external_id=f"id-{author}",
                author_handle=author,
                author_name=name,
                author_url=f"https://plaza.example/@{author}",
                text=said,
                created_at=self.now,
                seen_at=self.now,
                url=f"https://plaza.example/@{author}/{self.number}",
            )
            session.add(post)
            session.flush()
            mention = Mention(
                post_id=post.id,
                thread_id=thread.id,
                source_id=self.source_id,
                channel="C1",
                collected_at=self.now,
                reasons={"kind": f"It asks: {said}"},
            )
            session.add(mention)
            session.flush()
            self._note(session, "source.read", f"source:{self.source_id}", data={"mentions": [mention.id]})
        with self._step() as session:
            data = {"kind": "question", "mood": "negative", "urgency": "normal"}
            texts = {"kind": f"It asks: {said}"}
            self._note(session, "mention.triaged", f"mention:{mention.id}", data=data, texts=texts)
        return mention

    def _draft(self, mention: Mention, answer: str) -> Draft:
        with self._step() as session:
            draft = Draft(mention_id=mention.id, origin=Origin.FACT, text=answer, created_at=self.now)
            session.add(draft)
            session.flush()
            self._note(
                session,
                "draft.written",
                f"mention:{mention.id}",
                data={"draft": draft.id, "origin": "fact", "verdict": {}},
                texts={"text": answer},
            )
        return draft

    def _approve(self, mention: Mention, draft: Draft, author: str, said: str, by: int, venue: int) -> Reply:
        with self._step() as session:
            reply = Reply(
                intent_id=uuid4(),
                mention_id=mention.id,
                draft_id=draft.id,
                thread_id=mention.thread_id,
                venue_id=(self.venue, self.other_venue)[venue].id,
                parent_post_id=mention.post_id,
                account_id=self.account_id,
                approved_by_id=self.people[by].id,
                platform="plaza",
                author_external_id=f"id-{author}",
                typed=draft.text,
                text=draft.text,
                text_hash=f"h{self.number}",
                parent_hash="p",
                key="k",
                approved_at=self.now,
                counted_at=self.now,
                not_before=self.now,
            )
            session.add(reply)
            session.flush()
            finding = {
                "rule": "humble",
                "severity": "warn",
                "why": "Say sorry once.",
                "fix": "",
                "span": None,
                "title": "",
            }
            self._note(
                session,
                "reply.approved",
                f"reply:{reply.id}",
                actor=f"employee:{self.people[by].id}",
                data={
                    "mention": mention.id,
                    "verdict": {"pack": "default", "version": "1", "sha256": "ab" * 32, "findings": [finding]},
                    "throttle": {"outcome": "allow"},
                },
                texts={"typed": draft.text, "public": draft.text, "parent": said},
            )
        return reply

    def _step(self) -> AbstractContextManager[Session]:
        self.now += timedelta(seconds=30)
        return self.sessions.begin()

    def _note(
        self,
        session: Session,
        kind: str,
        subject: str,
        *,
        actor: str = "system",
        data: Mapping[str, object] | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        audit.record(session, kind, at=self.now, actor=actor, subject=subject, data=data or {}, texts=texts or {})
