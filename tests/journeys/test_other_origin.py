"""A front end on another origin, in a real browser: what it may do, and that a page from elsewhere may not."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.live import Live, serving

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
# One request as a front end makes it: the status, the body and two headers, or how the browser refused.
ASK = """
async ([address, token, body]) => {
  const headers = {...(token && {Authorization: `Bearer ${token}`}), ...(body && {"Content-Type": "application/json"})};
  try {
    const answer = await fetch(address, {method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body)});
    const told = {etag: answer.headers.get("ETag"), request: answer.headers.get("X-Request-Id")};
    return {status: answer.status, body: await answer.json(), ...told};
  } catch (error) { return {refused: error.message}; }
}
"""
BLOCKED = {"refused": "Failed to fetch"}


class EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = b"<!doctype html><title>Front end</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Not to the terminal."""


@contextmanager
def front_end() -> Iterator[str]:
    """A page on a port of its own; its origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium")
    assert found, "no browser: apt-get install chromium fonts-liberation"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def opened(browser: Browser, origin: str) -> Page:
    page = browser.new_page()
    page.goto(origin)
    return page


@pytest.mark.slow
def test_a_page_of_an_allowed_origin_signs_in_reads_writes_and_refreshes_and_another_one_cannot(
    live_ridley: Live, tmp_path
):
    live = live_ridley
    with front_end() as allowed, front_end() as other, chromium() as browser:
        known = {**live.known, "RIDLEY_CORS_ORIGINS": allowed, "RIDLEY_HOME": str(tmp_path)}
        (tmp_path / "static").mkdir()
        with serving(tmp_path, known) as address:
            sign_in, refresh = (f"{address}/_allauth/app/v1/{path}" for path in ("auth/login", "tokens/refresh"))
            branches = f"{address}/api/v1/{live.tenant}/branches/"
            person = {"email": live.email("admin"), "password": live.password}
            ours, theirs = opened(browser, allowed), opened(browser, other)

            tokens = ours.evaluate(ASK, [sign_in, None, person])["body"]["meta"]
            assert ours.evaluate(ASK, [branches, tokens["access_token"], None])["status"] == 200
            made = ours.evaluate(ASK, [branches, tokens["access_token"], {"key": "other-origin", "title": "Made"}])
            assert (made["status"], made["body"]["key"]) == (201, "other-origin")
            one = ours.evaluate(ASK, [f"{branches}{made['body']['id']}/", tokens["access_token"], None])
            assert (one["etag"], len(one["request"])) == (f'"branch-{made["body"]["id"]}-1"', 32)
            fresh = ours.evaluate(ASK, [refresh, None, {"refresh_token": tokens["refresh_token"]}])
            assert fresh["status"] == 200
            access = fresh["body"]["data"]["access_token"]
            assert ours.evaluate(ASK, [branches, access, None])["status"] == 200
            refused = ours.evaluate(ASK, [branches, "forged", None])
            assert (refused["status"], refused["body"]["code"]) == (401, "not-signed-in")

            assert theirs.evaluate(ASK, [sign_in, None, person]) == BLOCKED
            assert theirs.evaluate(ASK, [branches, access, None]) == BLOCKED
            assert theirs.evaluate(ASK, [branches, access, {"key": "stolen", "title": "Stolen"}]) == BLOCKED
            listed = ours.evaluate(ASK, [branches, access, None])["body"]["items"]
            assert [branch["key"] for branch in listed if branch["key"] in ("other-origin", "stolen")] == [
                "other-origin"
            ]
            assert ours.context.cookies() == []

            again = ours.evaluate(ASK, [refresh, None, {"refresh_token": tokens["refresh_token"]}])
            assert again["status"] == 400
            assert ours.evaluate(ASK, [branches, access, None])["status"] == 401
