from django.contrib.admin.apps import AdminConfig


class SameSignInConfig(AdminConfig):
    default_site = "ridley.config.admin_site.SameSignInAdmin"
