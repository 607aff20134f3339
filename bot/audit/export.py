"""Taking entries out of the house: JSON lines, CSV, a readable book in HTML, and mail files for archives.

Each format is a generator of bytes that reads as it writes, so that memory does not grow with what is exported.
"""

import csv
import html
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from types import MappingProxyType

import orjson
from sqlalchemy.orm import Session

from bot.audit.recording import record
from bot.audit.selection import Found, Selection, stream
from bot.audit.story import Step, Story, story, tell
from bot.errors import NotFound

COLUMNS = ("seq", "at", "actor", "kind", "subject", "what", "field", "text", "erased", "data", "hash")
CHUNK = 500
"""How many entries are put into words at a time."""

# A spreadsheet takes a cell that begins so for a formula, wide forms and leading blanks included.
_FORMULA = re.compile(r"^[\s\u00a0\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n|%]")
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def note_export(session: Session, selection: Selection, form: str, *, at: datetime, actor: str) -> None:
    """Record that somebody takes entries out; call it in a transaction of its own, before the first byte leaves."""
    texts = {"selection": str(selection)}
    record(session, "record.exported", at=at, actor=actor, subject="record:all", data={"form": form}, texts=texts)


def jsonl(session: Session, selection: Selection) -> Iterator[bytes]:
    """Yield one JSON object per entry, with everything that is needed to verify it."""
    for found in stream(session, selection):
        yield orjson.dumps(
            {
                "seq": found.seq,
                "at": found.at,
                "kind": found.kind,
                "actor": found.actor,
                "subject": found.subject,
                "data": found.data,
                "texts": dict(found.texts),
                "erased": found.absent,
                "salts": {name: salt.hex() for name, salt in found.salts.items()},
                "body": found.body.decode(),
                "prev": found.prev.hex(),
                "hash": found.hash.hex(),
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )


def csv_rows(session: Session, selection: Selection) -> Iterator[bytes]:
    """Yield a table: one row per text, or one for an entry without texts. No cell can act as a formula."""
    line = io.StringIO()
    writer = csv.writer(line, quoting=csv.QUOTE_ALL)

    def written(cells: Iterable[object]) -> bytes:
        line.seek(0)
        line.truncate()
        writer.writerow([harmless(str(cell)) for cell in cells])
        return line.getvalue().encode()

    # The mark tells Excel that this is UTF-8.
    yield b"\xef\xbb\xbf" + written(COLUMNS)
    for found, step in _told(session, selection):
        texts: list[tuple[str, str, str]] = [(name, text, "") for name, text in step.texts.items()]
        texts += [(name, "", why) for name, why in step.erased.items()]
        for name, text, erased in texts or [("", "", "")]:
            yield written(
                [
                    found.seq,
                    found.at.isoformat(),
                    step.who,
                    found.kind,
                    found.subject,
                    step.said,
                    name,
                    text,
                    erased,
                    orjson.dumps(found.data).decode(),
                    found.hash.hex(),
                ]
            )


def book(session: Session, selection: Selection, *, at: datetime) -> Iterator[bytes]:
    """Yield a page that a person reads from top to bottom and prints; nothing in it runs or comes from elsewhere."""
    about = html.escape(str(selection))
    yield _HEAD.format(about=about, at=f"{at:%Y-%m-%d %H:%M} UTC").encode()
    day = None
    for found, step in _told(session, selection):
        if found.at.date() != day:
            day = found.at.date()
            yield f"<h2>{day:%A, %d %B %Y}</h2>\n".encode()
        yield _article(found, step).encode()
    yield b"</main></body></html>\n"


def mails(session: Session, selection: Selection, *, domain: str = "chorus.invalid") -> Iterator[tuple[str, bytes]]:
    """Yield a name and a message (RFC 5322) for each reply that became public, with its story attached."""
    sent: set[str] = set()
    for found in stream(session, selection):
        if found.kind in ("reply.posted", "reply.handoff_finished", "reply.found") and found.subject not in sent:
            sent.add(found.subject)
            try:
                told = story(session, int(found.subject.removeprefix("reply:")))
            except (ValueError, NotFound):
                continue
            yield f"reply-{told.reply_id}.eml", _mail(found, told, domain)


FORMS: Mapping[str, Callable[[Session, Selection, datetime], Iterator[bytes]]] = MappingProxyType(
    {
        "jsonl": lambda session, selection, _at: jsonl(session, selection),
        "csv": lambda session, selection, _at: csv_rows(session, selection),
        "html": lambda session, selection, at: book(session, selection, at=at),
    }
)
"""The formats that are one file."""


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: such a one gets an apostrophe, which it does not show."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _told(session: Session, selection: Selection) -> Iterator[tuple[Found, Step]]:
    waiting: list[Found] = []
    for found in stream(session, selection):
        waiting.append(found)
        if len(waiting) == CHUNK:
            yield from zip(waiting, tell(session, waiting), strict=True)
            waiting.clear()
    yield from zip(waiting, tell(session, waiting), strict=True)


def _article(found: Found, step: Step) -> str:
    lines = [
        f'<article id="e{found.seq}"><h3><time datetime="{found.at.isoformat()}">{found.at:%H:%M:%S}</time> ',
        f"{html.escape(step.who)} <small>{html.escape(found.subject)}</small></h3>",
        f"<p>{html.escape(step.said)}</p>",
    ]
    lines += [f'<p class="detail">{html.escape(detail)}</p>' for detail in step.details]
    for name, text in step.texts.items():
        lines.append(
            f"<figure><figcaption>{html.escape(name)}</figcaption><blockquote>{html.escape(text)}</blockquote>"
        )
        lines.append("</figure>")
    for name, why in step.erased.items():
        lines.append(f'<p class="erased">{html.escape(name)}: {html.escape(why)}</p>')
    lines.append(f'<p class="hash">no. {found.seq} · {found.kind} · {found.hash.hex()}</p></article>\n')
    return "".join(lines)


def _mail(found: Found, told: Story, domain: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    parent = next((post.author for post in told.thread if post.is_parent), "")
    message["From"] = f"{_word(told.approved_by)} <employee@{domain}>"
    message["To"] = f"{_word(parent or 'the public')} <public@{domain}>"
    message["Subject"] = _header(f"Reply {told.reply_id} on {told.platform} as {told.account}")
    message["Date"] = found.at
    message["Message-ID"] = f"<reply-{told.reply_id}-{found.hash.hex()[:16]}@{domain}>"
    message["X-Chorus-Reply"] = str(told.reply_id)
    message["X-Chorus-Entry"] = f"{found.seq} {found.hash.hex()}"
    if told.url:
        message["X-Chorus-Url"] = _header(told.url)
    message.set_content(told.public or "(The text was erased.)\n")
    message.add_attachment(_plain(told), filename=f"story-{told.reply_id}.txt")
    return message.as_bytes()


def _plain(told: Story) -> str:
    lines = [f"{step.at.isoformat()}  {step.who}: {step.said}" for step in told.steps]
    for number, step in enumerate(told.steps):
        more = [*step.details, *(f"{name}: {text}" for name, text in step.texts.items())]
        more += [f"{name}: {why}" for name, why in step.erased.items()]
        lines[number] += "".join(f"\n    {line}" for line in more)
    return "\n".join(lines) + "\n"


def _header(words: str) -> str:
    return _LINE_BREAKS.sub(" ", words)[:500]


def _word(name: str) -> str:
    return '"' + re.sub(r'[\\"<>@,;:()\[\]]', " ", _header(name))[:100].strip() + '"'


_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The record of Chorus</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 46rem; padding: 0 1rem; }}
h2 {{ border-bottom: 1px solid; margin-top: 2.5rem; }}
h3 {{ font-size: 1rem; margin: 1.5rem 0 0; }}
p {{ margin: .25rem 0; }}
blockquote {{ border-left: 3px solid; margin: .25rem 0; padding: .25rem 1rem; }}
figure {{ margin: .5rem 0; }}
.detail, .hash, figcaption, small {{ color: GrayText; font-size: .85rem; }}
.detail, .hash, blockquote {{ overflow-wrap: anywhere; white-space: pre-wrap; }}
.erased {{ font-style: italic; }}
</style></head><body><main>
<h1>The record of Chorus</h1>
<p>Exported on {at}: {about}.</p>
"""
