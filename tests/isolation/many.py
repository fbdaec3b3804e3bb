"""Many tenants, each with an administrator who is signed in: `python -m tests.isolation.many 50`, as the app role.

Prints one JSON line: [{"number", "key", "session"}, ...].
"""

from __future__ import annotations

import json
import sys


def make(number: int) -> dict[str, object]:
    from django.contrib.sessions.backends.db import SessionStore

    from ridley.core.accounts.models import User
    from ridley.core.database.pin import pinned
    from ridley.core.tenants.models import Grant, Membership, Tenant

    tenant = Tenant.objects.create(key=f"pool-{number}", name=f"Pool {number}", products=["assistant"])
    user = User.objects.create_user(f"admin@pool-{number}.example.com", first_name="Admin")
    with pinned(tenant.pk):
        membership = Membership.objects.create(tenant=tenant, user=user)
        Grant.objects.create(tenant=tenant, membership=membership, role="admin")
    session = SessionStore()
    known = {"_auth_user_id": str(user.pk), "_auth_user_hash": user.get_session_auth_hash()}
    session.update({**known, "_auth_user_backend": "allauth.account.auth_backends.AuthenticationBackend"})
    session.save()
    return {"number": number, "key": tenant.key, "session": session.session_key}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps([make(number) for number in range(int(sys.argv[1]))]))
