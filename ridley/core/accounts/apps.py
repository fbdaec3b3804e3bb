from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ridley.core.accounts"
    label = "accounts"
