"""What a provider says of itself."""

import pytest

from ridley.core.accounts import id_token
from ridley.core.accounts.id_token import ENDPOINTS, MAY_LACK, Unreachable, discover

SECURE, PLAIN = "https://id.example.com", "http://127.0.0.1:9"


def described(monkeypatch, issuer, **changes):
    found = {"issuer": issuer, **{name: f"{issuer}/{name}" for name in (*ENDPOINTS, *MAY_LACK)}, **changes}
    monkeypatch.setattr(id_token, "fetch_json", lambda session, address: found)
    return found


@pytest.mark.parametrize("name", [*ENDPOINTS, *MAY_LACK])
def test_an_issuer_on_https_has_no_address_that_is_not(monkeypatch, name):
    described(monkeypatch, SECURE, **{name: "http://id.example.com/plain"})
    with pytest.raises(Unreachable, match=f"{name} does not begin with https"):
        discover(None, SECURE)


@pytest.mark.parametrize("issuer", [SECURE, PLAIN])
def test_a_description_with_addresses_like_its_issuers_is_taken(monkeypatch, issuer):
    found = described(monkeypatch, issuer)
    assert discover(None, issuer) == found
