"""All of it over HTTP: a browser without scripts goes from /sign-in through the provider's page and back."""

import re
from html import unescape

import pytest
import requests
from django.core.cache import cache

from ridley.config.sign_in import WHY
from ridley.core.people.models import IdentityProvider, PartnerProvider
from tests.signin.openid import BROKERS, OWN, PARTNER, SECRET, provider, rows


@pytest.fixture
def address(live_server):
    cache.clear()
    return live_server.url


@pytest.fixture
def openid(address):
    with provider(claims_in_id_token=True, ours=address) as made:
        yield made


@pytest.fixture
def googles(openid):
    return openid


def go(address, button, who):
    """What the page says in the end, and who /api/v1/me/ says this is."""
    with requests.Session() as browser:
        query = f"?partner={button[1]}" if button[1] else f"?email=x@{BROKERS}"
        page = browser.get(f"{address}/sign-in{query}", timeout=20).text
        form = dict(re.findall(r'name="(csrfmiddlewaretoken|provider)" value="([^"]+)"', page))
        assert f'value="{button[0]}"' in page
        between = browser.post(f"{address}/sign-in/with", {**form, "provider": button[0]}, timeout=20).text
        choice = browser.get(unescape(re.findall(r"url=([^\"]+)\"", between)[0]), timeout=20)
        assert re.findall(r'method="(\w+)" action="([^"]+)"', choice.text)
        end = browser.post(choice.url, {"person": who}, timeout=20)
        assert end.url.startswith(f"{address}/sign-in")
        me = browser.get(f"{address}/api/v1/me/", timeout=20)
        return end.text, me.json().get("email")


BUTTONS = {"google": ("google", ""), "own": (f"t{OWN}-staff", ""), "partner": (f"p{PARTNER}-staff", "stays")}


@pytest.mark.parametrize(
    ("way", "allowed", "refused", "why"),
    [
        ("google", "asha", "ravi", "domain-not-allowed"),
        ("own", "asha", "ravi", "domain-not-allowed"),
        ("partner", "lila", "nowhere", "client-not-named"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_an_allowed_person_comes_in_and_a_refused_one_reads_why(
    brokers, google, own, partner, openid, address, way, allowed, refused, why
):
    before = rows()
    said, email = go(address, BUTTONS[way], refused)
    assert (WHY[why] in said, email, rows()) == (True, None, before)
    said, email = go(address, BUTTONS[way], allowed)
    assert email in said
    assert email.startswith(f"{allowed}@")
    with brokers.pinned():
        assert IdentityProvider.objects.get().issuer == openid.issuer
    assert (PartnerProvider.objects.get().issuer, SECRET in said) == (openid.issuer, False)
