"""The sign-in page in a real browser: what a browser says of our forms, no client in a test says by itself."""

from __future__ import annotations

import pytest

from tests.journeys.test_other_origin import chromium
from tests.live import Live


@pytest.mark.slow
def test_a_person_signs_in_on_the_page_sees_who_they_are_and_out_again(live_ridley: Live):
    live = live_ridley
    with chromium() as browser:
        page = browser.new_page()

        def sign_in(password: str) -> str:
            page.fill("input[name=login]", live.email("admin"))
            page.fill("input[name=password]", password)
            page.locator("form button", has_text="Sign in").first.click()
            return page.inner_text("body")

        def status() -> int:
            answer = page.goto(f"{live.address}/api/v1/me/")
            assert answer is not None
            page.goto(f"{live.address}/sign-in")
            return answer.status

        page.goto(f"{live.address}/sign-in")
        assert "do not fit" in sign_in("not-their-password")
        assert live.email("admin") in sign_in(live.password)
        assert status() == 200
        page.locator("form button", has_text="Sign out").click()
        assert "Password" in page.inner_text("body")
        assert status() == 401
