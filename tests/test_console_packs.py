"""Guidelines in the console: a version is added, looked at, tried on the past, put in force and gone back from."""

import html
import re

import httpx
import pytest
from console_world import Past, Stage, Visitor, slack_fixture, stage_fixture
from sqlalchemy import select

from bot import packs
from bot.models import PackVersion, Reply
from guidelines import pack as shipped

__all__ = ["slack_fixture", "stage_fixture"]

PACK = """guidelines: 1
pack: harbour
version: "{version}"
company: [Harbour]
rules:
  - id: no-drm
    title: Not about DRM
    why: It is a matter for lawyers.
    severity: block
    check: {{phrases: [{phrase}]}}
    fix: Leave it out.
    examples:
      fail: ["{phrase}"]
      pass: [quiet]
"""
BROKEN = PACK.format(version="3", phrase="DRM").replace("phrases", "phrasez")


@pytest.fixture
def past(stage: Stage) -> Past:
    past = Past(stage)
    past.days(20, each=5)
    return past


def added(stage: Stage, version: str = "1", phrase: str = "DRM") -> int:
    return packs.add(stage.deps, PACK.format(version=version, phrase=phrase), by=stage.person("mara")).id


def stored(stage: Stage) -> list[str]:
    with stage.deps.sessions() as session:
        return list(session.scalars(select(PackVersion.version).order_by(PackVersion.id)))


def said(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.text))


def followed(visitor: Visitor, answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return said(visitor.get(answer.headers["location"]))


def test_a_version_is_kept_then_tried_then_put_in_force_and_gone_back_from(stage: Stage, past: Past) -> None:
    mara = stage.visitor("mara")
    before = stage.deps.pack.sha256
    kept = mara.send("/guidelines/new", "/guidelines/add", text=PACK.format(version="1", phrase="DRM"))
    assert "harbour 1 is kept. It is not in force yet" in followed(mara, kept)
    address = kept.headers["location"]
    with stage.deps.sessions() as session:
        concerned = [reply.id for reply in session.scalars(select(Reply)) if "DRM" in reply.typed]
    replayed = mara.get(address, days="30")
    assert f"{len(concerned)} more blocked, 0 fewer" in said(replayed)
    assert f'href="/replies/{concerned[-1]}"' in replayed.text
    activated = mara.send(address, "/guidelines/activate", version=address.rpartition("/")[2])
    assert "harbour 1 is in force from the next check on" in followed(mara, activated)
    assert stage.deps.pack.name == "harbour"
    earlier = next(version for version in packs.versions(stage.deps) if version.sha256 == before)
    back = mara.send("/guidelines", "/guidelines/activate", version=str(earlier.id))
    assert back.status_code == 303
    assert stage.deps.pack.sha256 == before
    page = said(mara.get("/guidelines"))
    assert "Mara Lindqvist" in page
    assert "in force" in page


def test_a_pack_with_mistakes_says_where_and_the_text_stays(stage: Stage) -> None:
    mara = stage.visitor("mara")
    for action in ("/guidelines/look", "/guidelines/add"):
        page = mara.send("/guidelines/new", "/guidelines/add", to=action, text=BROKEN)
        assert page.status_code == 422
        assert "pack:10 no-drm: unknown" in said(page)
        assert "did you mean" in said(page)
        assert "check: {phrasez: [DRM]}" in page.text
    assert stored(stage) == []


def test_checking_shows_tests_and_differences_and_keeps_nothing(stage: Stage) -> None:
    mara = stage.visitor("mara")
    text = PACK.format(version="1", phrase="DRM").replace("[quiet]", "[quiet, Our DRM]")
    page = said(mara.send("/guidelines/new", "/guidelines/add", to="/guidelines/look", text=text))
    assert "false alarm “Our DRM” must pass, and does not" in page
    assert "new rule: no-drm" in page
    assert "rule taken out:" in page
    assert stored(stage) == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (PACK.format(version="é", phrase="DRM").encode(), 303),
        (b"\xef\xbb\xbf" + PACK.format(version="1", phrase="DRM").replace("\n", "\r\n").encode(), 303),
        (PACK.format(version="é", phrase="DRM").encode("latin-1"), 422),
        (b"\x00\x01\x02", 422),
        (b"", 303),
    ],
)
def test_a_file_counts_instead_of_the_text_where_one_is_given(stage: Stage, content: bytes, status: int) -> None:
    mara = stage.visitor("mara")
    form = mara.form(mara.get("/guidelines/new"), "/guidelines/add")
    typed = {**form, "text": PACK.format(version="typed", phrase="DRM")}
    answer = mara.http.post("/guidelines/add", data=typed, files={"file": ("../../pack.yml", content)})
    assert answer.status_code == status, answer.text
    assert len(stored(stage)) == (status == 303)
    assert ("typed" in stored(stage)) is (content == b"")
    assert (status == 303) or "save the file as UTF-8" in answer.text or "not valid YAML" in answer.text


def test_a_pack_keeps_its_hash_however_it_comes(stage: Stage) -> None:
    mara = stage.visitor("mara")
    mara.send("/guidelines/new", "/guidelines/add", text=shipped.default().text.replace("\n", "\r\n"))
    assert [version.sha256 for version in packs.versions(stage.deps)] == [shipped.default().sha256]


def test_a_whole_pack_that_was_typed_outlives_the_session(stage: Stage) -> None:
    mara = stage.visitor("mara")
    text = shipped.default().text.replace("pack: default", "pack: mine")
    form = mara.form(mara.get("/guidelines/new"), "/guidelines/add")
    stage.world.deps.now.advance(hours=13)  # type: ignore[attr-defined]
    answer = mara.http.post("/guidelines/add", data={**form, "text": text})
    assert answer.status_code == 401
    assert "Copy it before you sign in" not in answer.text
    mara.sign_in("mara")
    page = mara.get("/guidelines/new")
    assert "Your session had ended" in page.text
    assert "pack: mine" in page.text
    assert stored(stage) == []


def test_old_replies_are_looked_through_with_the_version_chosen(stage: Stage, past: Past) -> None:
    number = added(stage)
    ruth = stage.visitor("ruth")
    address = f"/guidelines/versions/{number}"
    asked = ruth.send(address, "/guidelines/scan", version=str(number), days="90")
    assert "The replies of the last 90 days are being looked at with harbour 1" in followed(ruth, asked)
    with stage.deps.sessions() as session:
        jobs = session.connection().exec_driver_sql("select args from procrastinate_jobs where task_name = 'scan'")
        [job] = jobs.scalars().all()
    found = packs.scan(stage.deps, job["version_id"], days=job["days"], by_id=job["employee_id"])
    assert found
    assert "new rule: no-drm in harbour 1" in said(ruth.get("/review"))


def test_what_people_propose_is_taken_or_declined_and_becomes_a_version(stage: Stage) -> None:
    deps, mara = stage.deps, stage.visitor("mara")
    packs.activate(deps, added(stage), by=None)
    reviewer = stage.person("ruth")
    for text in ("We have no DRM.", "DRM, said <b>twice</b>"):
        packs.propose(deps, "no-drm", text, situation={"platform": "paper"}, by=reviewer, comment="It is only true.")
    page = mara.get("/guidelines/examples")
    assert "Not about DRM" in page.text
    assert "&lt;b&gt;twice" in page.text
    assert "Ruth Adler" in page.text
    second, first = (str(proposal.id) for proposal in packs.proposals(deps))
    assert "Proposed examples (2)" in said(mara.get("/guidelines"))
    declined = mara.send(
        "/guidelines/examples", "/guidelines/examples/take", to="/guidelines/examples/decline", proposal=second
    )
    assert "stays as it is" in followed(mara, declined)
    taken = mara.send("/guidelines/examples", "/guidelines/examples/take", proposal=first, text="We have no DRM!")
    assert "New version with the examples taken" in followed(mara, taken)
    again = mara.http.post("/guidelines/examples/take", data={})
    assert again.status_code == 403
    proposed = mara.get("/guidelines/new", learned="1")
    assert "We have no DRM!" in proposed.text
    assert "no-drm: 1 example that must pass added" in said(proposed)
    assert "twice" not in proposed.text


def test_a_reviewer_says_which_rule_should_have_found_a_reply(stage: Stage, past: Past) -> None:
    packs.activate(stage.deps, added(stage, phrase="copy protection"), by=None)
    with stage.deps.sessions() as session:
        reply = next(reply for reply in session.scalars(select(Reply)) if "DRM" in reply.typed)
    ruth, mara = stage.visitor("ruth"), stage.visitor("mara")
    address = f"/guidelines/missed?reply={reply.id}"
    assert f'href="{address}"' in ruth.get(f"/replies/{reply.id}").text
    assert reply.typed in said(ruth.get(address))
    proposed = ruth.send(address, "/guidelines/missed/say", rule="no-drm", comment="It <i>is</i> about DRM.")
    assert "an example that no-drm must find" in followed(ruth, proposed)
    [waiting] = packs.proposals(stage.deps)
    assert (waiting.rule, waiting.text, waiting.should_pass) == ("no-drm", reply.typed, False)
    page = mara.get("/guidelines/examples").text
    assert "should have been found" in page
    assert "&lt;i&gt;is" in page
    taken = mara.send("/guidelines/examples", "/guidelines/examples/take", proposal=str(waiting.id))
    page = followed(mara, taken)
    assert "What they change in the pack" in page
    assert re.search(r"\+ fail: .*copy protection.*text: ", page)
    proposed = mara.get("/guidelines/new", learned="1")
    assert "no-drm: 1 example that must be found added" in said(proposed)
    assert f"missed “{reply.typed}” must be found, and is not" in said(proposed)


def test_a_text_that_is_typed_can_be_named_and_keeps_what_was_typed_where_it_is_refused(stage: Stage) -> None:
    packs.activate(stage.deps, added(stage), by=None)
    ruth = stage.visitor("ruth")
    for text, rule, problem in (
        ("Our DRM is fine.", "no-drm", "finds this text already"),
        ("<b>Copy protection</b>", "gone", "no rule “gone”"),
        ("", "no-drm", "An example is a text"),
    ):
        refused = ruth.send("/guidelines/missed", "/guidelines/missed/say", text=text, rule=rule, platform="paper")
        assert refused.status_code == 422
        assert problem in said(refused)
        assert text.replace("<", "&lt;").replace(">", "&gt;") in refused.text
    typed = ruth.send("/guidelines/missed", "/guidelines/missed/say", text="Copy protection", rule="no-drm")
    assert typed.status_code == 303
    [waiting] = packs.proposals(stage.deps)
    assert (waiting.text, waiting.situation) == ("Copy protection", {"identity": "brand", "mention_kind": "other"})


def test_a_replay_leads_to_what_a_version_would_miss_and_what_the_pack_in_force_misses(
    stage: Stage, past: Past
) -> None:
    packs.activate(stage.deps, added(stage), by=None)
    wider = added(stage, version="2", phrase="never said")
    ruth = stage.visitor("ruth")
    page = ruth.get(f"/guidelines/versions/{wider}", days="30").text
    [address, *_] = re.findall(r'href="(/guidelines/missed\?[^"]*)"', page)
    address = html.unescape(address)
    assert address.endswith(f"&version={wider}&rule=no-drm")
    proposed = ruth.send(address, "/guidelines/missed/say", rule="no-drm")
    assert "an example that no-drm must find" in followed(ruth, proposed)
    [waiting] = packs.proposals(stage.deps)
    assert "DRM" in waiting.text
    narrow = packs.versions(stage.deps)[0]
    packs.activate(stage.deps, narrow.id, by=None)
    back = next(version for version in packs.versions(stage.deps) if version.version == "1")
    page = ruth.get(f"/guidelines/versions/{back.id}", days="30").text
    [address, *_] = re.findall(r'href="(/guidelines/missed\?[^"]*)"', page)
    assert "version" not in address
    assert 'value="no-drm" selected' in ruth.get(html.unescape(address)).text


@pytest.mark.parametrize("address", ["reply=0&draft=9", "reply=99", "version=99", f"draft={'9' * 18}"])
def test_what_is_not_there_cannot_have_been_missed(stage: Stage, address: str) -> None:
    assert stage.visitor("ruth").get(f"/guidelines/missed?{address}").status_code == 404


def test_who_may_not_doubt_a_finding_cannot_say_what_was_missed(stage: Stage) -> None:
    assert stage.visitor("ana").get("/guidelines/missed").status_code == 403


def test_only_who_may_changes_anything(stage: Stage) -> None:
    number = str(added(stage))
    own = stage.visitor("mara")
    for name, allowed in (("ana", set()), ("ruth", {"/guidelines/scan"}), ("theo", {"/guidelines/activate"})):
        visitor = stage.visitor(name)
        page = visitor.get(f"/guidelines/versions/{number}")
        assert page.status_code == 200
        assert ("Activate" in page.text) is ("/guidelines/activate" in allowed)
        assert visitor.get("/guidelines/new").status_code == (200 if name == "theo" else 403)
        assert visitor.get("/guidelines/examples").status_code == (403 if name == "ana" else 200)
        for action in ("/guidelines/activate", "/guidelines/scan"):
            form = own.form(own.get(f"/guidelines/versions/{number}"), action)
            assert visitor.http.post(action, data={**form, "version": number}).status_code == 403
    assert stage.deps.pack.name != "harbour"


@pytest.mark.parametrize("number", ["0", "99", "x", "-1", "9" * 30])
def test_versions_that_are_not_there_are_not_found(stage: Stage, number: str) -> None:
    mara = stage.visitor("mara")
    assert mara.get(f"/guidelines/versions/{number}").status_code == 404
    known = added(stage)
    answer = mara.send(f"/guidelines/versions/{known}", "/guidelines/activate", version=number)
    assert answer.status_code == 404


def test_an_unreadable_version_shows_why_and_can_be_mended(stage: Stage) -> None:
    with stage.deps.sessions.begin() as session:
        kept = PackVersion(name="old", version="1", sha256="00", text=BROKEN, added_at=stage.deps.now())
        session.add(kept)
    mara = stage.visitor("mara")
    page = mara.get(f"/guidelines/versions/{kept.id}")
    assert "did you mean" in said(page)
    assert "/guidelines/activate" not in page.text
    assert "phrasez" in mara.get("/guidelines/new", **{"from": str(kept.id)}).text
