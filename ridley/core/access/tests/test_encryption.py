"""Secrets at rest: nothing shows, nothing can be changed, and keys can be exchanged."""

import pytest

from ridley.core.access.encryption import NoKey, decrypt, encrypt, encrypt_again

OLD, NEW = "an-old-word-of-at-least-32-characters", "a-new-word-of-at-least-32-characters"


@pytest.fixture(autouse=True)
def keys(settings):
    settings.ENCRYPTION_KEYS = [OLD]


def test_what_is_encrypted_comes_back_and_looks_different_each_time():
    one, two = encrypt("s3cret é"), encrypt("s3cret é")
    assert (decrypt(one), decrypt(two)) == ("s3cret é", "s3cret é")
    assert one != two
    assert "s3cret" not in one


@pytest.mark.parametrize("place", [0, 9, 30, -5])
def test_what_was_changed_is_not_opened(place):
    stored = list(encrypt("s3cret"))
    stored[place] = "A" if stored[place] != "A" else "B"
    with pytest.raises(NoKey):
        decrypt("".join(stored))


def test_a_new_key_in_front_opens_old_secrets_and_the_old_one_can_go_after_they_were_encrypted_again(settings):
    stored = encrypt("s3cret")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert decrypt(stored) == "s3cret"
    again = encrypt_again(stored)
    settings.ENCRYPTION_KEYS = [NEW]
    assert decrypt(again) == "s3cret"
    with pytest.raises(NoKey, match="not in RIDLEY_ENCRYPTION_KEYS"):
        decrypt(stored)


def test_without_a_key_nothing_is_kept(settings):
    settings.ENCRYPTION_KEYS = []
    with pytest.raises(NoKey, match="is not set"):
        encrypt("s3cret")
