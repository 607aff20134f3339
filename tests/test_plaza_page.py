"""Plaza's page: everything works as plain forms; with a browser, the company's replies appear by themselves."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from browser import browser_fixture, context_fixture, page_fixture
from playwright.sync_api import Browser, Page, expect

from bot.demo.plaza import Plaza

__all__ = ["browser_fixture", "context_fixture", "page_fixture"]


@pytest.fixture
def plaza() -> Iterator[Plaza]:
    with Plaza(links={"Slack": "http://127.0.0.1:9/slack"}) as running:
        yield running


class Reader:
    """Somebody who reads and posts without JavaScript."""

    def __init__(self, plaza: Plaza, name: str = "maya") -> None:
        self._options: dict[str, Any] = {"base_url": plaza.url, "cookies": {"plaza_person": name}, "verify": False}

    def get(self, path: str) -> httpx.Response:
        with httpx.Client(**self._options) as http:
            return http.get(path)

    def send(self, path: str, headers: dict[str, str] | None = None, **form: str) -> httpx.Response:
        with httpx.Client(**self._options) as http:
            return http.post(path, data=form, headers=headers)


def address(plaza: Plaza, post_id: str, author: str = "maya") -> str:
    return f"/@{author}/{post_id}"


def reply_of_harbour(plaza: Plaza, parent: str, text: str) -> str:
    headers = {"Authorization": f"Bearer {plaza.token}"}
    fields = {"status": text, "in_reply_to_id": parent}
    answer = httpx.post(f"{plaza.url}/api/v1/statuses", data=fields, headers=headers, verify=False)
    posted: str = answer.json()["id"]
    return posted


def test_the_page_is_lively_from_the_start_and_names_nothing_outside(plaza: Plaza) -> None:
    response = Reader(plaza).get("/")
    assert "The Summer Book" in response.text
    assert '<a href="http://127.0.0.1:9/slack">Slack</a>' in response.text
    addresses = set(re.findall(r'(?:src|href|action)="(https?://[^"]+)"', response.text))
    assert addresses == {"http://127.0.0.1:9/slack"}
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in response.text


def test_a_post_from_the_page_reaches_the_company(plaza: Plaza) -> None:
    response = Reader(plaza).send("/posts", text="@harbour does the Mini have a light?", back="/")
    assert response.status_code == 303
    assert response.headers["location"].startswith("/@maya/")
    headers = {"Authorization": f"Bearer {plaza.token}"}
    [notice] = httpx.get(f"{plaza.url}/api/v1/notifications", headers=headers, verify=False).json()
    assert notice["account"]["acct"] == "maya"


def test_an_answer_names_whom_it_answers_once(plaza: Plaza) -> None:
    post_id = plaza.post_as("Maya", "Hello")
    for text in ("Hi!", "@maya hi again"):
        Reader(plaza, "sam").send("/posts", text=text, in_reply_to=post_id, back="/")
    texts = [text for _, text, parent in plaza.posts_of("sam") if parent == post_id]
    assert texts == ["@maya Hi!", "@maya hi again"]


def test_what_people_write_is_never_markup(plaza: Plaza) -> None:
    evil = '<script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1) "><b>'
    Reader(plaza).send("/as", name="<b>Eve</b>", back="/")
    plaza.post_as("<b>Eve</b>", evil)
    for path in ("/", "/?q=script", "/@b_eve_b"):
        text = Reader(plaza, "b_eve_b").get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "<b>Eve" not in text
    assert "<b>" not in Reader(plaza).get("/avatars/b_eve_b.svg").text


def test_a_text_too_long_comes_back_with_the_reason(plaza: Plaza) -> None:
    response = Reader(plaza).send("/posts", text="x" * 510, back="/")
    assert response.status_code == 422
    assert "That is 10 too long; 500 fit." in response.text
    assert "x" * 510 in response.text
    assert "There is nothing to post yet." in Reader(plaza).send("/posts", text="  ", back="/").text


def test_one_edits_and_deletes_ones_own_posts_and_no_others(plaza: Plaza) -> None:
    post_id = plaza.post_as("Maya", "Frist")
    assert Reader(plaza, "sam").send(f"/posts/{post_id}/edit", text="Mine now").status_code == 403
    assert Reader(plaza, "sam").send(f"/posts/{post_id}/delete").status_code == 403
    Reader(plaza).send(f"/posts/{post_id}/edit", text="First", back="/")
    page = Reader(plaza).get(address(plaza, post_id)).text
    assert "First" in page
    assert "edited" in page
    Reader(plaza).send(f"/posts/{post_id}/delete", back="/")
    assert "First" not in Reader(plaza).get(address(plaza, post_id)).text


def test_a_deleted_post_leaves_its_place_to_its_answers(plaza: Plaza) -> None:
    post_id = plaza.post_as("Maya", "Something rash")
    plaza.post_as("Sam", "I disagree", post_id)
    plaza.delete(post_id)
    page = Reader(plaza).get(address(plaza, post_id)).text
    assert "Deleted by its author." in page
    assert "I disagree" in page
    assert "Something rash" not in page


def test_the_keeper_hides_shows_and_removes_and_nobody_else_does(plaza: Plaza) -> None:
    post_id = plaza.post_as("Maya", "Rude words")
    keeper, reader = Reader(plaza, "keeper"), Reader(plaza, "sam")
    assert reader.send(f"/posts/{post_id}/hide").status_code == 403
    keeper.send(f"/posts/{post_id}/hide", back="/")
    assert "Rude words" not in reader.get(address(plaza, post_id)).text
    assert "Rude words" in keeper.get(address(plaza, post_id)).text
    keeper.send(f"/posts/{post_id}/show", back="/")
    assert "Rude words" in reader.get(address(plaza, post_id)).text
    keeper.send(f"/posts/{post_id}/remove", back="/")
    assert "Rude words" not in keeper.get(address(plaza, post_id)).text
    keeper.send(f"/posts/{post_id}/show", back="/")
    assert httpx.get(f"{plaza.url}/api/v1/statuses/{post_id}", verify=False).status_code == 404


def test_nobody_becomes_the_company_through_the_page(plaza: Plaza) -> None:
    for name in ("harbour", "Harbour", "Ana Duarte"):
        assert "set-cookie" not in Reader(plaza).send("/as", name=name, back="/").headers
    Reader(plaza, "harbour").send("/posts", text="We give everything away!", back="/")
    assert plaza.posts_of("harbour") == []


def test_anyone_can_come_under_a_new_name(plaza: Plaza) -> None:
    response = Reader(plaza).send("/as", name="Zoë Quill", back="/")
    assert "plaza_person=zo_quill" in response.headers["set-cookie"]
    assert "HttpOnly" in response.headers["set-cookie"]
    Reader(plaza, "zo_quill").send("/posts", text="Hello all", back="/")
    assert "Zoë Quill" in Reader(plaza).get("/").text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil"])
def test_a_form_leads_nowhere_else(plaza: Plaza, back: str) -> None:
    assert Reader(plaza).send("/as", name="sam", back=back).headers["location"] == "/"


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_from_another_site_does_nothing(plaza: Plaza, headers: dict[str, str]) -> None:
    Reader(plaza).send("/posts", headers, text="Posted behind Maya's back", back="/")
    assert all("behind" not in text for _, text, _ in plaza.posts_of("maya"))


def test_only_what_is_open_to_all_is_on_the_page(plaza: Plaza) -> None:
    post_id = plaza.post_as("Maya", "@harbour between us", visibility="direct")
    assert "between us" not in Reader(plaza).get("/").text
    assert Reader(plaza).get(address(plaza, post_id)).status_code == 404


def test_search_tags_and_profiles_find_posts(plaza: Plaza) -> None:
    reader = Reader(plaza)
    assert "Four screws" in reader.get("/?q=battery%20screws").text
    assert "Summer Book" not in reader.get("/?q=battery%20screws").text
    assert "Four screws" in reader.get("/tags/ereaders").text
    assert "Four screws" in reader.get("/@jonas").text
    about = reader.get("/?about=company").text
    assert "Four screws" in about
    assert "Summer Book" not in about
    assert reader.get("/@nobody").status_code == 404


@pytest.mark.browser
def test_the_companys_reply_appears_by_itself_and_is_marked_in_words(plaza: Plaza, page: Page) -> None:
    page.goto(plaza.url)
    page.get_by_label("What would you like to say?").fill("@harbour does the Mini have a light?")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_role("heading", name="Conversation")).to_be_visible()
    asked = plaza.posts_of("maya")[-1][0]
    reply = reply_of_harbour(plaza, asked, "@maya It does, with 14 steps. ^AD")
    article = page.locator(f"#p{reply}")
    expect(article).to_contain_text("with 14 steps")
    expect(article).to_contain_text("Company")
    plaza.edit(reply, "@maya It does, with 16 steps. ^AD")
    expect(article).to_contain_text("with 16 steps")
    plaza.remove(reply)
    expect(article).to_have_count(0)


@pytest.mark.browser
def test_a_half_written_answer_survives_what_arrives_meanwhile(plaza: Plaza, page: Page) -> None:
    post_id = plaza.post_as("Sam Whitlock", "Who has read it?")
    page.goto(plaza.url)
    article = page.locator(f"#p{post_id}")
    article.locator("summary").first.click()
    box = article.get_by_label("Your reply to Sam Whitlock")
    expect(box).to_be_focused()
    box.fill("I have, and")
    plaza.like_as("Priya Nair", post_id)
    later = plaza.post_as("Priya Nair", "Me!", post_id)
    expect(page.locator(f"#p{later}")).to_be_visible()
    expect(box).to_have_value("I have, and")
    box.press("Control+Enter")
    expect(page.get_by_role("heading", name="Conversation")).to_be_visible()
    assert plaza.posts_of("maya")[-1][1:] == ("@sam I have, and", post_id)


@pytest.mark.browser
def test_the_page_counts_letters_and_fits_a_phone(plaza: Plaza, browser: Browser) -> None:
    plaza.post_as("Maya", "@harbour " + "https://example.org/" + "long/" * 30)
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
    page = context.new_page()
    page.goto(plaza.url)
    page.get_by_label("What would you like to say?").fill("x" * 477 + " https://example.org/" + "y" * 50)
    expect(page.locator("[data-count]").first).to_have_text("-1")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    context.close()
