from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ridley.core.accounts"
    label = "accounts"

    def ready(self) -> None:
        # django-allauth reaches for this module when it signs a token, and nobody else may have imported it by then
        import cryptography.hazmat.primitives.serialization  # noqa: F401
