from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "ridley.core.people"
    label = "people"
