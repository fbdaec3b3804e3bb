"""The tables without a tenant, each with the reason. A test reads pg_catalog and finds no third kind.

(Named so because `global` cannot be imported in Python.)
"""

GLOBAL_TABLES = {
    "accounts_user": "a person may belong to many tenants",
    "accounts_refreshfamily": "a session is of no tenant, nor are its tokens",
    "accounts_hitcount": "requests are counted before a tenant is known",
    "accounts_cacheentry": "rate limits and used codes of sign-in, before a tenant is known",
    "accounts_guess": "guesses at passwords and codes, before a tenant is known",
    "accounts_user_groups": "Django's own rights for the installation's admin",
    "accounts_user_user_permissions": "Django's own rights for the installation's admin",
    "auth_group": "Django's own rights for the installation's admin",
    "auth_group_permissions": "Django's own rights for the installation's admin",
    "auth_permission": "Django's own rights for the installation's admin",
    "account_emailaddress": "sign-in happens before a tenant is known",
    "account_emailconfirmation": "sign-in happens before a tenant is known",
    "delivery_mail": "a mail may be to somebody who belongs to no tenant; its text is encrypted",
    "django_admin_log": "what the installation's admins did",
    "django_content_type": "Django's list of models",
    "django_migrations": "Django's list of migrations",
    "django_session": "sign-in happens before a tenant is known",
    "mfa_authenticator": "a second factor is a person's, in whatever tenant; its secret is encrypted",
    "procrastinate_events": "the queue; arguments are ids only",
    "procrastinate_jobs": "the queue; arguments are ids only",
    "procrastinate_periodic_defers": "the queue's schedules",
    "procrastinate_workers": "the queue's workers",
    "tenants_tenant": "the tenants themselves",
    "people_client": "found by a Partner's words for a client, before its tenant is known or made",
    "people_domain": "one domain is one tenant's at most, which a table behind the wall could not hold",
    "people_partnerprovider": "a Partner's provider serves many tenants",
    "socialaccount_socialaccount": "sign-in happens before a tenant is known",
    "socialaccount_socialapp": "django-allauth's own; empty, for providers are in ours",
    "socialaccount_socialtoken": "django-allauth's own; empty, for no token of a provider is kept",
    "tenants_partner": "a partner serves many tenants",
    "usersessions_usersession": "where a person is signed in, in whatever tenant",
}

# Functions that run as the owner and so see past the wall. Each has a fixed search_path; a test holds this list true.
DEFINER_FUNCTIONS = {
    "api_token": "a program's token by its number, before its tenant is entered",
    "find_invitation": "finds the invitation that a secret link names, before its holder belongs to a tenant",
    "enter_tenant": "finds a person's membership by the tenant's key and pins the tenant",
    "analyze_changes": "statistics of the changes after a large set; its owner alone may ask for them",
    "analyze_rows": "statistics of the rows after a large apply; their owner alone may ask for them",
    "my_tenants": "the tenants that a person belongs to, before one is chosen",
    "staff_sessions": "all tenants' staff sessions, for superusers alone, which it checks by itself",
}
