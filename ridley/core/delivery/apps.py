from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "ridley.core.delivery"
    label = "delivery"
