"""The record in the console: searched, verified, taken out, held; each by those who may, and each noted."""

import csv
import io
import re
import zipfile
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import orjson
import pytest
from console_world import Past, Stage, Visitor, slack_fixture, stage_fixture
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from bot import audit
from bot.audit import checkpoints
from bot.audit.bundle import verify_bundle
from bot.audit.selection import Selection
from bot.console import exporting
from bot.console.exporting import Progress, Watched
from bot.console.tables import attachment
from bot.models import AuditEntry, Mention, PostRecord
from bot.models.audit import AuditHold

__all__ = ["slack_fixture", "stage_fixture"]


@pytest.fixture(name="past")
def past_fixture(stage: Stage) -> Past:
    past = Past(stage)
    past.days(6, each=6)
    return past


def entries(stage: Stage, *kinds: str) -> int:
    with stage.deps.sessions() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.kind.in_(kinds))) or 0


def export(visitor: Visitor, address: str = "/audit", **fields: str) -> bytes:
    answer = visitor.send(address, "/audit/export", **fields)
    assert answer.status_code == 200, answer.text
    return answer.content


def test_the_record_is_searched_and_pages_by_key(stage: Stage, past: Past) -> None:
    ruth = stage.visitor("ruth")
    address, seen = "/audit?kind=mention.triaged", list[int]()
    while address:
        page = ruth.get(address).text
        seen += [int(number) for number in re.findall(r'<li class="step" id="e(\d+)"', page)]
        onward = re.search(r'href="([^"]+)">Older', page)
        address = onward[1].replace("&amp;", "&") if onward else ""
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == entries(stage, "mention.triaged")


def test_each_filter_narrows(stage: Stage, past: Past) -> None:
    ruth = stage.visitor("ruth")
    ana = stage.person("ana").id
    for query, wanted in (
        ({"q": "guests OR talking", "kind": "mention.dismissed"}, "They are talking among themselves."),
        ({"employee": str(ana), "kind": "reply.approved"}, "Ana Reyes"),
        ({"entry": "1"}, 'id="e1"'),
    ):
        assert wanted in ruth.get("/audit", **query).text, query
    assert "Ben Okafor</span> <span" not in ruth.get("/audit", employee=str(ana), kind="reply.approved").text
    assert "Nothing fits" in ruth.get("/audit", subject="reply:999999").text
    assert "Nothing fits" in ruth.get("/audit", since="2031-01-01").text
    assert ruth.get("/audit", hold="never placed").status_code == 404


def test_a_sound_record_verifies_and_an_altered_one_does_not(stage: Stage, past: Past) -> None:
    ruth = stage.visitor("ruth")
    signer = checkpoints.open_signer(stage.house.data_dir)
    with stage.deps.sessions() as session:
        checkpoints.append(
            checkpoints.take(session, signer, at=stage.deps.now()), stage.house.data_dir / checkpoints.FILE
        )
    page = ruth.send("/audit", "/audit/verify")
    assert "Nothing was altered." in page.text
    assert "1 signed checkpoints agree" in page.text
    with stage.deps.sessions.begin() as session:
        session.execute(text("alter table audit_text disable trigger all"))
        session.execute(
            text("update audit_text set text = 'something else' where seq = (select max(seq) from audit_text)")
        )
    page = ruth.send("/audit", "/audit/verify")
    assert "The record was altered." in page.text


def test_every_export_holds_what_was_chosen_and_is_noted_first(stage: Stage, past: Past) -> None:
    ruth = stage.visitor("ruth")
    approved = entries(stage, "reply.approved")
    lines = export(ruth, "/audit?kind=reply.approved", form="jsonl").splitlines()
    assert len(lines) == approved
    assert {orjson.loads(line)["kind"] for line in lines} == {"reply.approved"}
    table = list(csv.reader(io.StringIO(export(ruth, "/audit?kind=reply.approved", form="csv").decode("utf-8-sig"))))
    assert len(table) == 1 + 3 * approved
    assert b"<h1>The record of Chorus</h1>" in export(ruth, "/audit?kind=reply.approved", form="html")
    assert entries(stage, "record.exported") == 3
    with stage.deps.sessions() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.kind == "record.exported")).first()
        assert noted is not None
        assert noted.actor == f"employee:{stage.person('ruth').id}"


def test_mail_and_bundle_come_as_archives_that_others_can_use(stage: Stage, past: Past, tmp_path: Path) -> None:
    ruth = stage.visitor("ruth")
    with zipfile.ZipFile(io.BytesIO(export(ruth, form="eml"))) as archive:
        names = archive.namelist()
        assert len(names) == entries(stage, "reply.posted")
        assert message_from_bytes(archive.read(names[0]))["X-Chorus-Reply"]
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(export(ruth, form="bundle"))
    assert verify_bundle(bundle, checkpoints.open_signer(stage.house.data_dir).key).ok


def test_no_cell_of_an_export_can_act_as_a_formula(stage: Stage) -> None:
    past = Past(stage)
    with stage.deps.sessions.begin() as session:
        number = past.conversation(session, stage.deps.now() - timedelta(hours=1), text="=cmd|' /C calc'!A0")
        mention = session.get_one(Mention, number)
        past.reply(
            session, mention, session.get_one(PostRecord, mention.post_id), stage.deps.now(), text="@SUM(1+1)*cmd|x"
        )
    table = export(stage.visitor("ruth"), form="csv").decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
    assert "'@SUM(1+1)*cmd|x" in cells
    assert not [cell for cell in cells if cell.lstrip()[:1] in ("=", "+", "@")]


@given(st.text(max_size=200))
def test_a_file_name_is_never_a_path(name: str) -> None:
    header = attachment(name, "csv")
    found = re.fullmatch(r'attachment; filename="([A-Za-z0-9][A-Za-z0-9._-]*\.csv)"', header)
    assert found is not None
    assert ".." not in found[1] or "/" not in found[1]
    assert len(found[1]) <= 84


TRICKS = (
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "/abs",
    'a"; filename="b',
    "x\r\nSet-Cookie: a=b",
    ".htaccess",
)


def test_path_tricks_in_export_names_come_to_nothing(stage: Stage) -> None:
    ruth = stage.visitor("ruth")
    for name in TRICKS:
        answer = ruth.send("/audit", "/audit/export", form="jsonl", name=name)
        said = answer.headers["content-disposition"]
        assert re.fullmatch(r'attachment; filename="[A-Za-z0-9][A-Za-z0-9._-]*\.jsonl"', said), name
        assert "set-cookie" not in answer.headers


def test_the_page_can_ask_how_far_an_export_is(stage: Stage, past: Past) -> None:
    ruth = stage.visitor("ruth")
    page = ruth.get("/audit?kind=reply.approved")
    form = ruth.form(page, "/audit/export")
    assert ruth.get("/audit/progress", of=form["watch"]).json() == {}
    ruth.http.post("/audit/export", data={**form, "form": "jsonl"})
    total = entries(stage, "reply.approved")
    assert ruth.get("/audit/progress", of=form["watch"]).json() == {"total": total, "done": total, "over": True}
    assert stage.visitor("theo").get("/audit/progress", of=form["watch"]).json() == {}, "others' are not theirs to see"


def test_only_the_newest_exports_are_remembered() -> None:
    watched = Watched()
    for number in range(exporting.MOST_WATCHED + 5):
        watched.begin(str(number), 1)
    assert watched.of("4") is None
    assert watched.of("5") == Progress(1)


def test_an_export_is_read_in_pieces(stage: Stage, past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PIECE", 1000)
    progress = Progress(10**9)
    pieces = exporting.lines(stage.deps.sessions, Selection(), "jsonl", progress, at=stage.deps.now())
    first = next(pieces)
    assert len(first) < 10_000
    assert 0 < progress.done < 20, "what nobody has asked for yet is not read yet"
    pieces.close()
    with stage.deps.sessions() as session:
        assert audit.verify(session).ok


def test_a_hold_is_placed_seen_and_lifted(stage: Stage, past: Past) -> None:
    ruth = stage.visitor("ruth")
    wrong = ruth.send("/keeping", "/keeping/place", name="case-1", words="battery")
    assert wrong.status_code == 422
    assert 'value="battery"' in wrong.text
    ana = str(stage.person("ana").id)
    placed = ruth.send("/keeping", "/keeping/place", name="case-1", reason="Counsel asked", employee=ana)
    assert placed.status_code == 303
    assert "Counsel asked" in ruth.get("/keeping").text
    assert "Ana Reyes" in ruth.get("/audit", hold="case-1").text
    again = ruth.send("/keeping", "/keeping/place", name="case-1", reason="Again")
    assert again.status_code == 409
    assert ruth.send("/keeping", "/keeping/lift", reason="It is over").status_code == 303
    with stage.deps.sessions() as session:
        assert session.scalars(select(AuditHold.lifted_by)).one() == f"employee:{stage.person('ruth').id}"
    assert ruth.send("/keeping", "/keeping/choose", preset="broker").status_code == 303
    assert "2\u202f192 days" in ruth.get("/keeping").text
    assert stage.visitor("mara").get("/keeping").status_code == 403
