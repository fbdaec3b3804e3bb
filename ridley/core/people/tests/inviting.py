"""Inviting and accepting, as an administrator and a front end do."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from ridley.core.accounts.tests.asking import PASSWORD, FrontEnd, key_in, links
from ridley.core.audit.models import Event
from ridley.core.people.models import Invitation
from ridley.core.tenants.models import Grant, Membership

NEW = {"email": "Nila@Example.com ", "roles": ["assistant.viewer"]}
OFFER = "/api/v1/me/invitation/"


def invited(admin, **more):
    """The invitation, and the secret of the link that was sent."""
    answer = admin.post("invitations/", {**NEW, **more})
    assert answer.status_code == 201, answer.json()
    return answer.json(), key_in(links()[-1])


def offer(token, device=None):
    return (device or FrontEnd()).get(OFFER, **{"X-Invitation-Token": token})


def accept(token, device=None, **values):
    body = values if device else {"first_name": "Nila", "last_name": "Das", "password": PASSWORD, **values}
    return (device or FrontEnd()).post(OFFER, body, **{"X-Invitation-Token": token})


def kinds(world):
    """The events about people, without those of the sources that roles are limited to."""
    with world.pinned():
        return [event.kind for event in Event.objects.filter(kind__startswith="core.").order_by("id")]


def grants(world, email):
    with world.pinned():
        found = Grant.objects.filter(membership__user__email=email).order_by("id")
        return [(grant.role, grant.limits) for grant in found]


def nobody_joined(world, admin):
    with world.pinned():
        return list(Membership.objects.values_list("user_id", flat=True)) == [admin.user.pk]


def expire(world, made, days=0):
    with world.pinned():
        moment = timezone.now() + timedelta(days=days)
        Invitation.objects.filter(pk=made["id"]).update(expires_at=moment)
