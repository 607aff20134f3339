"""Facts in the console: a plain sentence is shown back before it counts, and nothing that was typed is lost."""

from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest
from conftest import DrivenClock
from console_world import Past, Stage, Visitor, slack_fixture, stage_fixture
from sqlalchemy import select

from bot import amends, factbook
from bot.console.pages import facts
from bot.models import FactVersion, Mention, OwnError, Reply

__all__ = ["slack_fixture", "stage_fixture"]

SENTENCE = "The Harbour Mini weighs 160 grams."
TYPED = {"key": "mini-weight", "entity": "Harbour Mini", "statement": SENTENCE, "source_url": "https://harbour.example"}


def versions(stage: Stage, key: str = "mini-weight") -> list[FactVersion]:
    with stage.deps.sessions() as session:
        found = select(FactVersion).where(FactVersion.key == key).order_by(FactVersion.version)
        return list(session.scalars(found))


def checked(visitor: Visitor, **fields: str) -> httpx.Response:
    """The form for a new fact, filled in and sent by its first button."""
    return visitor.send("/fact", "/fact/save", to="/fact/check", **TYPED | fields)


def saved(visitor: Visitor, page: httpx.Response, **fields: str) -> httpx.Response:
    """The form on a page, as it is shown there, sent by its second button."""
    return visitor.http.post("/fact/save", data={**visitor.form(page, "/fact/save"), **shown(page), **fields})


def shown(page: httpx.Response) -> dict[str, str]:
    """What the fields of a page hold, as a browser would send them."""
    fields = Fields()
    fields.feed(page.text)
    return fields.found


class Fields(HTMLParser):
    """Collects what a page's fields hold; hidden ones belong to the form's own."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.area = self.choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("type") not in ("hidden", "checkbox", "search"):
            self.found[given["name"]] = given.get("value", "")
        elif tag == "textarea":
            self.area = given["name"]
            self.found[self.area] = ""
        elif tag == "select":
            self.choice = given["name"]
        elif tag == "option" and "selected" in given:
            self.found[self.choice] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        self.area = "" if tag == "textarea" else self.area

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[self.area] += data


def test_a_plain_sentence_is_shown_back_and_counts_only_then(stage: Stage) -> None:
    visitor = stage.visitor("mara")
    page = checked(visitor)
    assert page.status_code == 200
    assert "Amount: mass, exactly: 160 grams" in page.text
    assert versions(stage) == []
    fields = shown(page)
    assert (fields["values"], fields["unit"], fields["comparator"], fields["polarity"]) == (
        "160",
        "grams",
        "exactly",
        "affirmative",
    )
    done = saved(visitor, page)
    assert (done.status_code, done.headers["location"]) == (303, "/fact?id=mini-weight")
    (version,) = versions(stage)
    assert version.body == {
        "entity": "Harbour Mini", "statement": SENTENCE, "source_url": "https://harbour.example",
        "unit": "grams", "comparator": "exactly", "polarity": "affirmative", "values": ["160"],
    }  # fmt: skip
    assert "in force, in version 1" in visitor.get("/fact", id="mini-weight").text


def test_what_was_changed_after_it_was_shown_back_is_shown_back_again(stage: Stage) -> None:
    visitor = stage.visitor("mara")
    page = checked(visitor)
    again = saved(visitor, page, statement="The Harbour Mini weighs at least 170 grams.")
    assert again.status_code == 200
    assert "Amount: mass, at least: at least 170 grams" in again.text
    assert shown(again)["comparator"] == "at_least"
    assert versions(stage) == []
    assert saved(visitor, again).status_code == 303
    assert versions(stage)[0].body["statement"] == "The Harbour Mini weighs at least 170 grams."


def test_the_persons_word_counts_over_what_was_inferred(stage: Stage) -> None:
    visitor = stage.visitor("mara")
    again = saved(visitor, checked(visitor), comparator="up_to")
    assert "Amount: mass, up to: 160 grams" in again.text
    assert saved(visitor, again).status_code == 303
    assert versions(stage)[0].body["comparator"] == "up_to"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"source_url": "ftp://x"}, "`source_url` is not an http(s) link"),
        ({"entity": ""}, "`entity` is missing"),
        ({"key": "No Good"}, "Use small letters, digits and hyphens"),
        ({"key": "mini-usb"}, "There is a fact with this id already"),
        ({"valid_until": "soon"}, "`valid_until` is not a date"),
        ({"not_this": "The Harbour Mini weighs 300 grams."}, "Should be left alone"),
    ],
)
def test_a_mistake_stands_beside_its_field_and_what_was_typed_stays(
    stage: Stage, fields: dict[str, str], said: str
) -> None:
    visitor = stage.visitor("mara")
    page = checked(visitor, misstatements="It is a <b>brick</b> & heavy", **fields)
    assert page.status_code == (422 if "key" not in fields or fields["key"] != "mini-usb" else page.status_code)
    assert said in unescape(page.text)
    assert shown(page)["misstatements"] == "It is a <b>brick</b> & heavy"
    assert "<b>brick</b>" not in page.text
    assert versions(stage) == []
    assert saved(visitor, page).status_code in (200, 409, 422)
    assert versions(stage) == []


def test_a_misstatement_that_is_missed_needs_a_tick(stage: Stage) -> None:
    visitor = stage.visitor("mara")
    page = checked(visitor, misstatements="The Harbour Mini is a thing to behold.")
    assert "should be corrected, but is not" in page.text.lower()
    refused = saved(visitor, page)
    assert refused.status_code == 200
    assert versions(stage) == []
    assert saved(visitor, refused, accept="yes").status_code == 303


def test_nothing_typed_is_lost_when_the_session_ends_halfway(stage: Stage, clock: DrivenClock) -> None:
    visitor = stage.visitor("mara")
    page = checked(visitor, misstatements="The Mini weighs 300 g.")
    clock.advance(hours=13)
    ended = saved(visitor, page)
    assert ended.status_code == 401
    back = visitor.sign_in("mara", onward="/fact")
    page = visitor.get(back.headers["location"])
    assert "Everything you typed stands here again" in page.text
    assert shown(page)["misstatements"] == "The Mini weighs 300 g."
    assert shown(page)["statement"] == SENTENCE


def test_of_two_who_change_a_fact_the_second_is_told(stage: Stage) -> None:
    mara, theo = stage.visitor("mara"), stage.visitor("theo")
    saved(mara, checked(mara))
    seen = mara.send("/fact?id=mini-weight", "/fact/save", to="/fact/check", **TYPED)
    other = theo.send("/fact?id=mini-weight", "/fact/save", to="/fact/check", **TYPED | {"owner": "theo"})
    assert saved(theo, other).status_code == 303
    late = saved(mara, seen, statement=SENTENCE)
    assert late.status_code == 409
    assert "in the meantime" in late.text
    assert [version.version for version in versions(stage)] == [1, 2]


def test_a_fact_of_the_file_is_changed_like_any_other(stage: Stage) -> None:
    visitor = stage.visitor("mara")
    first = visitor.get("/fact", id="mini-usb")
    assert "comes from the file" in first.text
    assert (shown(first)["aliases"], shown(first)["regions"], shown(first)["values"]) == ("Mini", "", "")
    page = visitor.http.post(
        "/fact/check", data={**visitor.form(first, "/fact/save"), **shown(first), "owner": "mara@harbour.example"}
    )
    assert saved(visitor, page).status_code == 303
    assert [version.version for version in versions(stage, "mini-usb")] == [1, 2]


def test_a_fact_is_reviewed_and_withdrawn_with_a_tick(stage: Stage) -> None:
    visitor = stage.visitor("mara")
    saved(visitor, checked(visitor))
    visitor.send("/fact?id=mini-weight", "/fact/review")
    assert versions(stage)[-1].body["owner"] == stage.person("mara").name
    unsure = visitor.send("/fact?id=mini-weight", "/fact/withdraw")
    assert unsure.status_code == 422
    assert visitor.send("/fact?id=mini-weight", "/fact/withdraw", sure="yes").status_code == 303
    assert "This fact was withdrawn" in visitor.get("/fact", id="mini-weight").text
    assert "mini-weight" not in visitor.get("/facts").text.replace("“mini-weight”", "")


@pytest.mark.parametrize("name", ["ana", "ruth"])
def test_everybody_reads_and_managers_write(stage: Stage, name: str) -> None:
    visitor = stage.visitor(name)
    page = visitor.get("/fact", id="mini-usb")
    assert page.status_code == 200
    assert "/fact/save" not in page.text
    mara = stage.visitor("mara")
    for action in ("save", "check", "review", "withdraw"):
        form = mara.form(mara.get("/fact?id=mini-usb"), f"/fact/{'save' if action == 'check' else action}")
        assert visitor.http.post(f"/fact/{action}", data=form).status_code == 403


def test_a_fact_that_never_was_is_not_found(stage: Stage) -> None:
    assert stage.visitor("mara").get("/fact", id="never").status_code == 404


def test_the_list_is_narrowed_by_how_facts_stand(stage: Stage) -> None:
    visitor = stage.visitor("mara")
    for key, until in (("old", "2020-01-01"), ("soon", "2026-12-01")):
        factbook.put(stage.deps, key, body_until(until), by=None)
    assert "expired" in visitor.get("/facts").text
    page = visitor.get("/facts", standing="expired").text
    assert ">old<" in page
    assert ">soon<" not in page
    assert ">soon<" in visitor.get("/facts", standing="ends soon").text


def missing_its_example(stage: Stage, key: str) -> None:
    body = {name: value for name, value in TYPED.items() if name != "key"}
    factbook.put(stage.deps, key, body | {"misstatements": ["It is a heavy thing."]}, by=None, accept_missed=True)


def test_the_list_is_narrowed_to_facts_whose_own_examples_fail(stage: Stage) -> None:
    visitor = stage.visitor("mara")
    assert "Nothing fails" in visitor.get("/facts", examples="wrong").text
    missing_its_example(stage, "heavy")
    page = visitor.get("/facts", examples="wrong").text
    assert ">heavy<" in page
    assert ">mini-usb<" not in page
    assert ">mini-usb<" in visitor.get("/facts").text
    assert ">mini-usb<" in visitor.get("/facts", examples="<odd>").text
    assert ">heavy<" in visitor.get("/facts", examples="wrong", q="mini", standing="in force").text
    assert ">heavy<" not in visitor.get("/facts", examples="wrong", standing="expired").text


def test_looking_for_failing_examples_ends_in_time_and_goes_on_from_there(stage: Stage) -> None:
    for key in ("aa", "zz"):
        missing_its_example(stage, key)
    base = stage.deps.facts
    assert base is not None
    left = sorted(base.facts.values(), key=lambda fact: fact.id)
    found, looks = [], 0
    while left:
        leaf = facts.leaf(base, left, stage.deps.now(), only_wrong=True, patience=timedelta(0))
        found += [view.fact.id for view in leaf.views]
        looks += 1
        left = [fact for fact in left if leaf.more is not None and fact.id > leaf.more]
    assert found == ["aa", "zz"]
    assert looks == len(base.facts)


def test_managers_say_how_often_facts_are_due_for_a_review_and_everybody_sees_it(stage: Stage) -> None:
    mara, ruth = stage.visitor("mara"), stage.visitor("ruth")
    assert shown(mara.get("/facts"))["review_days"] == ""
    assert "due for a review" not in ruth.get("/facts").text
    assert mara.send("/facts", "/facts/review-every", review_days="45").status_code == 303
    page = mara.get("/facts")
    assert "Each fact is due for a review every 45 days." in page.text
    assert shown(page)["review_days"] == "45"
    assert "due for a review every 45 days" in ruth.get("/facts").text
    assert "/facts/review-every" not in ruth.get("/facts").text
    for nonsense in ("0", "-3", "1e3", "99999", "soon"):
        mara.send("/facts", "/facts/review-every", review_days=nonsense)
        assert shown(mara.get("/facts"))["review_days"] == "45"
    mara.send("/facts", "/facts/review-every", review_days="")
    assert "No review is due any more." in mara.get("/facts").text
    assert stage.deps.facts is not None
    assert stage.deps.facts.review_days is None


def body_until(until: str) -> dict[str, str]:
    return {name: value for name, value in TYPED.items() if name != "key"} | {"valid_until": until}


def test_who_says_otherwise_stands_on_the_fact_and_on_the_conversation(stage: Stage) -> None:
    Past(stage).days(3, each=6)
    with stage.deps.sessions.begin() as session:
        first, second = session.scalars(select(Mention).order_by(Mention.id).limit(2)).all()
        for mention in (first, second):
            mention.reasons = {"fact": "mini-usb", "fact_label": "contradicts", "claim": "it says micro-USB"}
    visitor = stage.visitor("ana")
    page = visitor.get("/fact", id="mini-usb").text
    assert f'href="/conversations/{first.id}"' in page
    assert f'href="/conversations/{second.id}"' in page
    other = visitor.get(f"/conversations/{first.id}").text
    assert "Who else says this" in other
    assert f'href="/conversations/{second.id}"' in other


def error_of(stage: Stage) -> tuple[OwnError, Reply]:
    """A public reply of ours that a new fact contradicts."""
    Past(stage).days(2, each=6)
    with stage.deps.sessions.begin() as session:
        reply = session.scalars(select(Reply).where(Reply.state == "posted").order_by(Reply.id.desc()).limit(1)).one()
        reply.typed = reply.text = "Hi, the Harbour team here. The Harbour Mini weighs 300 grams. Does that help?"
        reply.approved_at = stage.deps.now()
    factbook.put(stage.deps, "mini-weight", body_until("2030-01-01"), by=None)
    amends.look_back(stage.deps, "mini-weight")
    with stage.deps.sessions() as session:
        return session.scalars(select(OwnError)).one(), reply


def test_what_we_said_wrong_is_listed_for_managers_and_drafted_as_a_further_reply(stage: Stage) -> None:
    error, reply = error_of(stage)
    assert "We said something wrong" not in stage.visitor("ana").get("/facts").text
    visitor = stage.visitor("mara")
    assert f'href="/own-errors/{error.id}"' in visitor.get("/facts").text
    page = visitor.get(f"/own-errors/{error.id}")
    assert "The Harbour Mini weighs 160 grams. Source: https://harbour.example" in page.text
    assert stage.visitor("ana").get(f"/own-errors/{error.id}").status_code == 403
    words = shown(page)["text"]
    done = visitor.send(f"/own-errors/{error.id}", "/own-errors/change", to="/own-errors/follow-up", text=words)
    assert (done.status_code, done.headers["location"]) == (303, f"/conversations/{reply.mention_id}")
    assert "drafted our own correction" in visitor.get(done.headers["location"]).text
    assert visitor.get(f"/own-errors/{error.id}").status_code == 404


def test_leaving_our_reply_as_it_is_needs_a_reason(stage: Stage) -> None:
    error, _ = error_of(stage)
    visitor = stage.visitor("mara")
    address = f"/own-errors/{error.id}"
    assert visitor.send(address, "/own-errors/dismiss", reason=" ").status_code == 409
    assert visitor.send(address, "/own-errors/dismiss", reason="The old model was heavier.").status_code == 303
    assert "We said something wrong" not in visitor.get("/facts").text
