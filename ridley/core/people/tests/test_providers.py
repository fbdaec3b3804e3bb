"""A tenant's identity providers over REST: managed by its administrators, the secret never shown again."""

import json
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command

from ridley.core.access.encryption import decrypt, encrypt
from ridley.core.audit.models import Event
from ridley.core.people.models import Domain, IdentityProvider

VALUES = {
    "slug": "okta", "name": "Okta", "issuer": "https://id.acme.example.com", "client_id": "ridley",
    "client_secret": "s3cret-of-acme", "domains": ["acme.example.com"], "role_claim": "groups",
    "roles": {"admins": {"role": "admin"}, "data": {"role": "assistant.steward", "limits": {"source": ["x"]}}},
    "branch_claim": "office",
}  # fmt: skip


@pytest.fixture
def admin(world):
    Domain.objects.create(name="acme.example.com", holder=world.tenant)
    return world.client("admin")


def made(admin, **changes):
    answer = admin.post("providers/", {**VALUES, **changes})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_provider_is_made_shown_changed_and_archived_and_its_secret_is_never_shown(world, admin):
    first = made(admin)
    public_id = f"t{world.tenant.pk}-okta"
    wanted = {name: value for name, value in VALUES.items() if name != "client_secret"}
    assert {name: first[name] for name in wanted} == wanted
    assert (first["public_id"], first["enabled"], first["version"]) == (public_id, True, 1)
    assert first["callback_path"] == f"/accounts/oidc/{public_id}/login/callback/"
    path = f"providers/{first['id']}/"
    changed = admin.patch(path, {"name": "New name", "client_secret": "another-s3cret"})
    assert (changed.json()["name"], changed.json()["version"]) == ("New name", 2)
    assert admin.delete(path).status_code == 204
    shown = [admin.get(path), admin.get("providers/"), admin.get("providers/?format=csv"), changed]
    told = "".join(b"".join(one).decode() if one.streaming else one.content.decode() for one in shown)
    with world.pinned():
        told += json.dumps(list(Event.objects.values_list("data", flat=True)))
        stored = IdentityProvider.objects.get().client_secret
        kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["core.provider_created", "core.provider_changed", "core.provider_archived"]
    assert "s3cret" not in told + stored
    assert decrypt(stored) == "another-s3cret"


def test_a_stale_change_is_refused_without_showing_the_secret(admin):
    first = made(admin)
    path = f"providers/{first['id']}/"
    admin.patch(path, {"name": "Two"})
    stale = admin.patch(path, {"name": "Three"}, headers={"If-Match": f'"identityprovider-{first["id"]}-1"'})
    assert (stale.status_code, stale.json()["current"]["name"]) == (412, "Two")
    assert "secret" not in stale.content.decode()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"domains": ["acme.example.com", "other.example.com"]}, 422, "domain-not-verified"),
        ({"issuer": "ftp://id.example.com"}, 422, "issuer-not-https"),
        ({"issuer": "https://a:b@id.example.com"}, 422, "issuer-not-plain"),
        ({"issuer": "https://id.example.com/?x=1"}, 422, "issuer-not-plain"),
        ({"roles": {"x": {"role": "no-such-role"}}}, 422, "unknown-role"),
        ({"roles": {"x": {"role": "admin", "limits": {"source": "x"}}}}, 400, "invalid"),
        ({"roles": {"x": {}}}, 400, "invalid"),
        ({"roles": {"x": {"role": "assistant.viewer", "limits": {"sources": ["x"]}}}}, 400, "unknown-limit"),
        ({"roles": {"x": {"role": "assistant.viewer", "limits": {"source": []}}}}, 400, "empty-limit"),
        ({"domains": ["Acme.Example.com"]}, 422, "domain-not-verified"),
        ({"slug": "No Slug"}, 400, "invalid"),
        ({"client_secret": ""}, 400, "invalid"),
    ],
)
def test_what_sign_in_could_not_follow_or_would_wrongly_trust_is_refused(world, admin, changes, status, code):
    answer = admin.post("providers/", {**VALUES, **changes})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    with world.pinned():
        assert not IdentityProvider.objects.exists()
    assert made(admin)["slug"] == "okta"


def test_in_production_an_issuer_is_https(admin, settings):
    made(admin, slug="one", issuer="http://127.0.0.1:9")
    settings.ENVIRONMENT = "production"
    refused = admin.post("providers/", {**VALUES, "issuer": "http://127.0.0.1:9"})
    assert refused.json()["code"] == "issuer-not-https"
    made(admin)


def test_a_slug_is_a_providers_for_ever(admin):
    first = made(admin)
    admin.delete(f"providers/{first['id']}/")
    again = admin.post("providers/", VALUES)
    assert (again.status_code, again.json()["code"]) == (409, "already-exists")
    refused = admin.patch(f"providers/{first['id']}/", {"slug": "other"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "slug")


def test_only_administrators_see_and_change_them(world, admin):
    first = made(admin)
    for role in ("member", "assistant.approver"):
        client = world.client(role)
        for answer in (
            client.get("providers/"), client.get(f"providers/{first['id']}/"), client.post("providers/", VALUES),
            client.patch(f"providers/{first['id']}/", {"name": "x"}), client.delete(f"providers/{first['id']}/"),
            client.post(f"providers/{first['id']}/test/"), client.get("domains/"),
        ):  # fmt: skip
            assert (answer.status_code, answer.json()["permission"]) == (403, "core.providers_edit")
    assert admin.get(f"providers/{first['id']}/").json()["version"] == 1


def test_the_verified_domains_are_listed_and_only_the_tenants_own(admin, other):
    Domain.objects.create(name="other.example.com", holder=other.tenant)
    assert [(one["name"], one["google"]) for one in admin.get("domains/").json()["items"]] == [
        ("acme.example.com", True)
    ]


def test_a_trial_says_why_a_provider_cannot_be_used(admin, settings):
    settings.OUTBOUND_ALLOWED = ["127.0.0.0/8"]
    first = made(admin, issuer="http://127.0.0.1:9")
    answer = admin.post(f"providers/{first['id']}/test/")
    address = "http://127.0.0.1:9/.well-known/openid-configuration"
    assert (answer.status_code, answer.json()) == (
        200,
        {"ok": False, "detail": f"{address} cannot be read (ConnectionError).", "authorization_endpoint": ""},
    )


def test_without_a_key_no_provider_is_made(world, admin, settings):
    settings.ENCRYPTION_KEYS = []
    refused = admin.post("providers/", VALUES)
    assert (refused.status_code, refused.json()["code"]) == (409, "no-encryption-key")
    with world.pinned():
        assert not IdentityProvider.objects.exists()


def test_secrets_are_put_under_a_new_key_while_the_old_one_still_opens_them(world, admin, settings):
    made(admin)
    app = {"user": admin.user, "type": "totp", "data": {"secret": encrypt("JBSWY3DP"), "other": "kept"}}
    Authenticator.objects.create(**app)
    old = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = ["a-new-word-of-at-least-32-characters", *old]
    call_command("encrypt_again", stdout=StringIO())
    settings.ENCRYPTION_KEYS = ["a-new-word-of-at-least-32-characters"]
    with world.pinned():
        assert decrypt(IdentityProvider.objects.get().client_secret) == "s3cret-of-acme"
    data = Authenticator.objects.get().data
    assert (decrypt(data["secret"]), data["other"]) == ("JBSWY3DP", "kept")
