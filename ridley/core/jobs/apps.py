from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "ridley.core.jobs"
    label = "jobs"
