from django.apps import AppConfig

EVENTS = {
    "core.file_received": "A file was received.",
    "core.file_quarantined": "A file that could not be read was set apart.",
    "core.upload_terminated": "An upload was given up.",
    "core.upload_expired": "An upload that was never finished was removed.",
}


class FilesConfig(AppConfig):
    name = "ridley.core.files"
    label = "files"

    def ready(self) -> None:
        from ridley.core.audit.kinds import register_kinds

        register_kinds(EVENTS)
