"""Domains and Partners' providers in the installation's admin."""

import pytest
from django.test import Client

from ridley.core.access.encryption import decrypt
from ridley.core.audit.models import Event
from ridley.core.people.models import Domain, PartnerProvider
from ridley.core.tenants.models import Partner
from tests.world import person

DOMAIN, PROVIDER = "/admin/people/domain/", "/admin/people/partnerprovider/"


@pytest.fixture
def root(db):
    user = person("root")
    user.is_staff = user.is_superuser = True
    user.save()
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.user = user
    return client


def events(world):
    with world.pinned():
        return list(Event.objects.order_by("id").values_list("kind", "actor_id", "data"))


def test_a_domain_is_verified_for_one_tenant_and_taken_away_and_its_events_say_so(root, world, other):
    values = {"name": "acme.example.com", "holder": world.tenant.pk, "google": "on"}
    assert root.post(f"{DOMAIN}add/", values).status_code == 302
    again = root.post(f"{DOMAIN}add/", {**values, "holder": other.tenant.pk})
    assert (again.status_code, Domain.objects.get().holder_id) == (200, world.tenant.pk)
    domain = Domain.objects.get()
    root.post(f"{DOMAIN}{domain.pk}/change/", {"holder": other.tenant.pk})
    assert (Domain.objects.get().holder_id, Domain.objects.get().google) == (world.tenant.pk, False)
    assert root.post(f"{DOMAIN}{domain.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Domain.objects.exists()
    told = {"domain": "acme.example.com", "google": True}
    assert events(world) == [
        ("core.domain_verified", root.user.pk, told),
        ("core.domain_verified", root.user.pk, {**told, "google": False}),
        ("core.domain_removed", root.user.pk, {**told, "google": False}),
    ]
    assert events(other) == []


@pytest.mark.parametrize("changes", [{"name": "Acme.example.com"}, {"name": "localhost"}, {"holder": ""}])
def test_what_is_no_domain_of_somebodys_is_refused(root, world, changes):
    values = {"name": "acme.example.com", "holder": world.tenant.pk, **changes}
    assert root.post(f"{DOMAIN}add/", values).status_code == 200
    assert not Domain.objects.exists()


def test_a_partners_provider_is_made_and_changed_and_its_secret_is_not_shown(root):
    partner = Partner.objects.create(key="p", name="P")
    values = {
        "partner": partner.pk, "slug": "id", "name": "Id", "issuer": "https://id.example.com", "client_id": "x",
        "roles": '{"m": {"role": "member"}}', "client_claim": "client", "default_role": "member", "language": "en",
        "products": "assistant", "enabled": "on",
    }  # fmt: skip
    assert root.post(f"{PROVIDER}add/", values).status_code == 200  # without a secret
    for roles in ('{"m": {"role": "none"}}', '{"m": "member"}', "[1]"):
        assert root.post(f"{PROVIDER}add/", {**values, "secret": "s3cret", "roles": roles}).status_code == 200
    assert not PartnerProvider.objects.exists()
    assert root.post(f"{PROVIDER}add/", {**values, "secret": "s3cret"}).status_code == 302
    made = PartnerProvider.objects.get()
    path = f"{PROVIDER}{made.pk}/change/"
    assert root.post(path, {**values, "name": "Changed", "slug": "other"}).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.slug, decrypt(made.client_secret)) == ("Changed", "id", "s3cret")
    page = root.get(path).content.decode()
    assert "s3cret" not in page
    assert made.client_secret not in page
    assert root.post(f"{PROVIDER}{made.pk}/delete/", {"post": "yes"}).status_code == 403


def test_tables_of_django_allauth_that_hold_nothing_are_not_shown(root):
    for name in ("socialapp", "socialtoken"):
        assert root.get(f"/admin/socialaccount/{name}/").status_code == 404
