"""A real headless Chromium for the tests of web pages, driven through Playwright.

A test module imports the three fixtures and its tests take `page`; their names differ from what they give, so that the
import does not shadow the tests' arguments.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_MILLISECONDS = 5_000
CHECKS = Path(__file__).with_name("accessibility.js").read_text()
ELSEWHERE = re.compile(r"^https?://(?!127\.0\.0\.1[:/])")
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">'
    '<rect width="96" height="96" fill="#dfe8ef"/><circle cx="66" cy="28" r="10" fill="#f2c14e"/>'
    '<path d="M0 96 34 46l22 28 14-16 26 38z" fill="#4a7c94"/></svg>'
)


def chromium() -> str:
    """The path of Chromium. Without one the tests are skipped, except where `CI` is set: there they fail."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI"):
        pytest.fail("Chromium is not installed, and browser tests must run in CI.")
    if found is None:
        pytest.skip("Chromium is not installed; install the package `chromium` to run the browser tests.")
    return found


@contextmanager
def launch() -> Iterator[Browser]:
    """Run one Chromium. It is slow to start, so a test module shares it."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="module", name="browser")
def browser_fixture() -> Iterator[Browser]:
    """The module's Chromium; not the whole run's, as Playwright's event loop stays open beside it."""
    with launch() as browser:
        yield browser


@pytest.fixture(scope="module", name="context")
def context_fixture(browser: Browser) -> Iterator[BrowserContext]:
    """The profile of a desktop reader in a fixed language and time zone; a module's tabs share its cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-GB", timezone_id="Europe/Berlin")
    context.set_default_timeout(WAIT_MILLISECONDS)
    context.route(ELSEWHERE, stay_here)
    yield context
    context.close()


def stay_here(route: Route) -> None:
    """Keep a request on this machine: a picture is a square, everything else cannot be reached."""
    if route.request.resource_type == "image":
        route.fulfill(content_type="image/svg+xml", body=PICTURE)
    else:
        route.abort()


@contextmanager
def tab(context: BrowserContext) -> Iterator[Page]:
    """A tab that fails the test when its page throws or breaks its content security policy."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    yield page
    page.close()
    assert faults == []


@pytest.fixture(name="page")
def page_fixture(context: BrowserContext) -> Iterator[Page]:
    """A tab of its own for one test."""
    with tab(context) as page:
        yield page


def accessibility_faults(page: Page) -> list[str]:
    """Return what keeps people from reading or reaching the page: what axe finds up to WCAG 2.2 AA, and what we ask."""
    options = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        "resultTypes": ["violations"],
    }
    found = Axe().run(page, options=options).response
    assert found["passes"], "axe checked nothing"
    faults = [
        f"{violation['id']}: {violation['help']}: {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
    return faults + list(page.evaluate(CHECKS))
