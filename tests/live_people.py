"""Two small tenants and their people, made as the app role: `python -m tests.live_people PASSWORD`."""

from __future__ import annotations

import sys

TENANT, OTHER_TENANT = "puri-brokers", "not-theirs"
# name -> (email, role in TENANT, limited to these sources)
PEOPLE: dict[str, tuple[str, str, list[str]]] = {
    "admin": ("admin@puri.example.com", "admin", []),
    "approver": ("approver@puri.example.com", "assistant.approver", []),
    "steward": ("steward@puri.example.com", "assistant.steward", []),
    "viewer": ("viewer@puri.example.com", "assistant.viewer", []),
    "walker": ("walker@puri.example.com", "member", []),  # for requests that end memberships and roles
    "root": ("root@puri.example.com", "", []),  # a superuser of no tenant
}


def make(password: str) -> None:
    from ridley.core.accounts.models import User
    from ridley.core.database.pin import pinned
    from ridley.core.tenants.models import Grant, Membership, Tenant

    tenant = Tenant.objects.create(key=TENANT, name="Puri Brokers", products=["assistant"], source_word="insurer")
    Tenant.objects.create(key=OTHER_TENANT, name="Others", products=["assistant"])
    with pinned(tenant.pk):
        for name, (email, role, sources) in PEOPLE.items():
            user = User.objects.create_user(email, password, first_name=name.title(), is_superuser=not role)
            if not role:
                continue
            membership = Membership.objects.create(tenant=tenant, user=user)
            limits = {"source": sources} if sources else {}
            Grant.objects.create(tenant=tenant, membership=membership, role=role, limits=limits)


if __name__ == "__main__":
    import django

    django.setup()
    make(sys.argv[1])
