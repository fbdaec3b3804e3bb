from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "ridley.core.search"
    label = "search"
