from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "ridley.core.files"
    label = "files"
