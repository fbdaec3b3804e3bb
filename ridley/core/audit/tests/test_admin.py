"""The installation's admin: its own tables, and events to read."""

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client

from ridley.core.accounts.models import User
from ridley.core.audit.admin import CHOOSE
from ridley.core.audit.models import Event
from ridley.core.audit.services import record
from ridley.core.tenants.models import Partner, Tenant
from tests.world import person

PASSWORD = "correct-horse-9"
EVENTS = "/admin/audit/event/"
LISTS = ["/admin/tenants/tenant/", "/admin/tenants/partner/", "/admin/accounts/user/", EVENTS,
         "/admin/procrastinate/procrastinatejob/", "/admin/tenants/staffsession/"]  # fmt: skip


def signed_in(**rights):
    user = person("root")
    User.objects.filter(pk=user.pk).update(**rights)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def root(db):
    return signed_in(is_staff=True, is_superuser=True)


def happened(world, kind):
    with world.pinned():
        record(world.trusted(), kind, subject=world.tenant, reason=f"because of {kind}")
        return Event.objects.get(kind=kind)


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def test_a_superuser_comes_in_by_the_sign_in_of_everybody_and_sees_every_list(world):
    User.objects.create_superuser("root@example.com", PASSWORD)
    client = Client()
    assert client.post("/admin/login/", {"username": "root@example.com", "password": PASSWORD}).status_code == 302
    assert client.get("/admin/").status_code == 302  # that form is gone
    cache.clear()
    sent = {"email": "root@example.com", "password": PASSWORD}
    signed = client.post("/_allauth/browser/v1/auth/login", sent, content_type="application/json")
    assert signed.status_code == 200
    index = text(client.get("/admin/"))
    for path in LISTS:
        assert f'href="{path}"' in index
        assert client.get(path).status_code == 200
    assert world.tenant.key in text(client.get("/admin/tenants/tenant/"))
    assert "root@example.com" in text(client.get("/admin/accounts/user/"))


def test_the_queue_is_shown_and_not_edited(root, world):
    from ridley.core.jobs.services import enqueue
    from tests import chores

    with world.pinned():
        made = enqueue(world.trusted(), "chores.make", key=chores.__name__)
    page = f"/admin/procrastinate/procrastinatejob/{made.queue_id}/"
    assert "chores.make" in text(root.get("/admin/procrastinate/procrastinatejob/"))
    assert text(root.get(f"{page}change/")).count('name="_save"') == 0
    assert root.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert root.get("/admin/procrastinate/procrastinatejob/add/").status_code == 403


@pytest.mark.parametrize("rights", [{}, {"is_superuser": True}], ids=["a person", "a superuser who is no staff"])
def test_who_is_no_staff_does_not_enter(db, rights):
    client = signed_in(**rights)
    for path in ("/admin/", *LISTS):
        refused = client.get(path)
        assert (refused.status_code, refused["Location"]) == (302, f"/admin/login/?next={path}")


def test_staff_without_rights_see_no_list_and_events_are_for_superusers_whatever_their_rights(db):
    from django.contrib.auth.models import Permission

    client = signed_in(is_staff=True)
    user = User.objects.get(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label__in=["audit", "tenants"]))
    assert client.get("/admin/tenants/tenant/").status_code == 200
    assert client.get("/admin/accounts/user/").status_code == 403
    assert client.get(EVENTS).status_code == 403
    assert EVENTS not in text(client.get("/admin/"))


def test_without_a_tenant_no_event_is_shown_and_the_page_says_what_to_do(root, world):
    happened(world, "test.ours")
    for query in ("", "?tenant=no-such-tenant"):
        page = text(root.get(EVENTS + query))
        assert CHOOSE in page
        assert "test.ours" not in page
        assert f'href="?tenant={world.tenant.key}"' in page


def test_one_tenants_events_are_shown_at_a_time_and_no_pin_is_left(root, world, other):
    happened(world, "test.ours")
    happened(other, "test.theirs")
    page = text(root.get(f"{EVENTS}?tenant={world.tenant.key}"))
    assert ("test.ours" in page, "test.theirs" in page, CHOOSE in page) == (True, False, False)
    page = text(root.get(f"{EVENTS}?tenant={other.tenant.key}&q=test.theirs"))
    assert ("test.ours" in page, "test.theirs" in page) == (False, True)
    assert Event.objects.count() == 0


def test_one_event_is_shown_whole_and_only_within_its_tenant(root, world, other):
    event = happened(world, "test.ours")
    path = f"{EVENTS}{event.pk}/change/?_changelist_filters=tenant%3D"
    assert path + world.tenant.key in text(root.get(f"{EVENTS}?tenant={world.tenant.key}")).replace("&amp;", "&")
    page = text(root.get(path + world.tenant.key))
    assert ("because of test.ours" in page, 'name="_save"' in page) == (True, False)
    for elsewhere in (path + other.tenant.key, f"{EVENTS}{event.pk}/change/"):
        assert root.get(elsewhere).status_code == 302


def test_events_cannot_be_added_changed_or_deleted(root, world):
    event = happened(world, "test.ours")
    chosen = f"?_changelist_filters=tenant%3D{world.tenant.key}"
    assert root.get(f"{EVENTS}add/{chosen}").status_code == 403
    assert root.post(f"{EVENTS}add/{chosen}", {"kind": "x"}).status_code == 403
    assert root.post(f"{EVENTS}{event.pk}/change/{chosen}", {"kind": "x"}).status_code == 403
    assert root.post(f"{EVENTS}{event.pk}/delete/{chosen}", {"post": "yes"}).status_code in (302, 403)
    root.post(
        f"{EVENTS}?tenant={world.tenant.key}", {"action": "delete_selected", "_selected_action": event.pk, "post": 1}
    )
    with world.pinned():
        assert [kept.kind for kept in Event.objects.all()] == ["test.ours"]


def test_tenants_and_people_are_not_deleted_here(root, world):
    user = world.member("member")
    for page in (f"/admin/tenants/tenant/{world.tenant.pk}/", f"/admin/accounts/user/{user.pk}/"):
        assert root.get(f"{page}change/").status_code == 200
        assert root.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    for listed, pk in (("/admin/tenants/tenant/", world.tenant.pk), ("/admin/accounts/user/", user.pk)):
        root.post(listed, {"action": "delete_selected", "_selected_action": pk, "post": "yes"})
    assert Tenant.objects.filter(pk=world.tenant.pk).exists()
    assert User.objects.filter(pk=user.pk).exists()


def test_a_tenant_and_a_partner_are_made_here(root):
    assert root.post("/admin/tenants/partner/add/", {"key": "p", "name": "P"}).status_code == 302
    values = {
        "key": "fresh",
        "name": "Fresh",
        "language": "hi",
        "source_word": "insurer",
        "default_role": "member",
        "products": "assistant",
    }
    made = root.post("/admin/tenants/tenant/add/", {**values, "partner": Partner.objects.get().pk})
    assert made.status_code == 302, text(made)
    tenant = Tenant.objects.get(key="fresh")
    assert (tenant.language, tenant.products, tenant.partner.key) == ("hi", ["assistant"], "p")
    for reserved in ("me", "schema", "Bad Key"):
        assert root.post("/admin/tenants/tenant/add/", {**values, "key": reserved}).status_code == 200
    assert Tenant.objects.count() == 1


def test_a_person_is_made_here_with_an_address_in_small_letters_and_can_sign_in(root):
    values = {"email": "Asha.Rao@Example.COM", "first_name": "Asha", "usable_password": "true",
              "password1": PASSWORD, "password2": PASSWORD}  # fmt: skip
    made = root.post("/admin/accounts/user/add/", values)
    assert made.status_code == 302, made.content.decode()
    assert User.objects.get(first_name="Asha").email == "asha.rao@example.com"
    again = root.post("/admin/accounts/user/add/", {**values, "email": "asha.RAO@example.com"})
    assert "Somebody with this e-mail exists already." in text(again)
    signed = Client().post("/_allauth/app/v1/auth/login", {"email": "ASHA.rao@example.com", "password": PASSWORD},
                           content_type="application/json")  # fmt: skip
    assert signed.status_code == 200


def test_staff_who_may_change_people_get_no_rights_by_it_and_nobody_is_shown_keys_of_sessions(db, root):
    clerk = signed_in_as_clerk()
    user = User.objects.get(email="clerk@example.com")
    other = person("other")
    page = "/admin/accounts/user/{}/change/"
    wanted = {"email": other.email, "first_name": "Asha", "last_name": "Das", "is_active": "on", "is_staff": "on",
              "is_superuser": "on"}  # fmt: skip
    assert clerk.post(page.format(other.pk), wanted).status_code == 302
    other.refresh_from_db()
    assert (other.first_name, other.is_staff, other.is_superuser) == ("Asha", False, False)
    for above in (user, User.objects.get(is_superuser=True)):
        assert clerk.post(page.format(above.pk), {**wanted, "email": above.email}).status_code == 403
        sent = {"password1": "another-horse-9", "password2": "another-horse-9", "usable_password": "true"}
        assert clerk.post(f"/admin/accounts/user/{above.pk}/password/", sent).status_code == 403
    assert root.post(page.format(other.pk), wanted).status_code == 302
    other.refresh_from_db()
    assert (other.is_staff, other.is_superuser) == (True, True)
    assert root.get("/admin/usersessions/usersession/").status_code == 404


def signed_in_as_clerk():
    user = person("clerk")
    User.objects.filter(pk=user.pk).update(is_staff=True, email="clerk@example.com")
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
