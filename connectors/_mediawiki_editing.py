"""Changing a talk page: reading it as it is, and one edit that the wiki refuses when the page has moved on."""

import re
from dataclasses import dataclass

from connectors._line import Answer
from connectors._mediawiki_pages import Sheet, read_sheets, sheet_of
from connectors._mediawiki_signatures import user_name
from connectors._mediawiki_text import as_wikitext, masked
from connectors._mediawiki_wikitext import LARGEST_PAGE, Comment
from connectors._mediawiki_wire import Visit, must_be_usable
from connectors._reading import Json, member, optional_id, text_in
from connectors._text import one_line
from connectors.base import Call, ConnectorError, Fault, Rejected, Unknown

_EXCLUSION = re.compile(r"\{\{\s*(?:nobots\s*[|}]|bots\s*\|\s*deny\s*=\s*([^{}|]{1,500}))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Desk:
    """A page opened for one change by our account."""

    visit: Visit
    sheet: Sheet
    us: str
    token: str
    opened_at: str

    @property
    def text(self) -> str:
        return self.sheet.source.text

    def save(self, text: str, summary: str) -> Json | Rejected | Unknown:
        """Send the one edit; returns what the wiki says of it. A page that changed meanwhile is not overwritten.

        The revision alone says what it holds for. With a base timestamp beside it, MediaWiki lets an account overwrite
        whatever came within the second of that base, and its own later edits.
        """
        if not _is_storable(text):
            return Rejected(Fault.INVALID, "The page holds what cannot be sent back as it is.")
        source = self.sheet.source
        outcome = self.visit.write(
            "edit",
            pageid=source.page_id,
            text=text,
            summary=summary,
            baserevid=source.revision,
            starttimestamp=self.opened_at,
            nocreate="1",
            watchlist="nochange",
            token=self.token,
        )
        return _accepted(outcome) if isinstance(outcome, Answer) else outcome


def opened(call: Call, page_id: str) -> Desk:
    """Read a page as our account, with all that an edit of it needs; raises `ConnectorError`. Nothing is written."""
    must_be_usable(call)
    visit = Visit(call)
    asked = {"pageids": page_id, "meta": "siteinfo|tokens|userinfo", "type": "csrf"}
    sheets, answer = read_sheets(visit, asked, named=True)
    query = member(answer.body, "query")
    sheet = next((one for one in sheets if one.source.page_id == page_id), None)
    if sheet is None:
        sheet = sheet_of(visit, page_id)
    token = text_in(member(member(query, "tokens"), "csrftoken"))
    us = user_name(text_in(member(member(query, "userinfo"), "name")))
    opened_at = text_in(member(member(query, "general"), "time"))
    if not token or not us or not opened_at:
        raise ConnectorError(Fault.TRANSIENT, "The wiki did not say who we are, or gave no token for an edit.")
    return Desk(visit, sheet, us, token, opened_at)


def with_reply(sheet: Sheet, parent: Comment, text: str) -> str:
    """Return the page with a reply below everything that stands deeper under its parent; four tildes are signed."""
    comments = sheet.page.comments
    last = parent
    for one in comments[comments.index(parent) + 1 :]:
        if one.root != parent.root or one.level <= parent.level:
            break
        last = one
    source = sheet.source.text
    before, after = source[: last.end], source[last.end :]
    lead = "" if before.endswith("\n") else "\n"
    return f"{before}{lead}{as_wikitext(text, parent.indent + ':')} ~~~~\n{after}"


def with_words(sheet: Sheet, comment: Comment, text: str) -> str:
    """Return the page with other words before the signature of a comment."""
    source = sheet.source.text
    return source[: comment.start] + as_wikitext(text, comment.indent) + source[comment.words_end :]


def without(sheet: Sheet, comment: Comment) -> str:
    """Return the page without a comment; what answers it stays."""
    source = sheet.source.text
    return source[: comment.start] + source[comment.end :]


def summary_of(comment: Comment, what: str) -> str:
    """Name the section, as the wiki's own editor does, and what was done."""
    heading = one_line(comment.heading).replace("*/", "")
    return f"/* {heading} */ {what}" if heading else what


def shuns(text: str, us: str) -> bool:
    """Whether a page asks programs, or ours by name, to leave it alone. A person confirms what we post; we still do."""
    for asked in _EXCLUSION.finditer(masked(text)):
        named = {user_name(one).casefold() for one in (asked[1] or "all").split(",")}
        if named & {"all", us.casefold(), "chorus"}:
            return True
    return False


def _accepted(answer: Answer) -> Json | Rejected | Unknown:
    told = member(answer.body, "edit")
    result = member(told, "result")
    if result == "Failure":
        why = one_line(" ".join(map(text_in, (member(told, "code"), member(told, "info"), member(told, "warning")))))
        return Rejected(Fault.FORBIDDEN_BY_POLICY, f"The wiki did not take it: {why or 'it asks for a proof'}.")
    is_done = optional_id(member(told, "newrevid")) is not None or "nochange" in (
        told if isinstance(told, dict) else {}
    )
    if result != "Success" or not is_done:
        return Unknown(f"The wiki answered {answer.status}, but did not say that the edit was made.")
    return told


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return len(text) <= LARGEST_PAGE
