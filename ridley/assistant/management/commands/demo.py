"""`manage.py demo`: the demo tenant, an insurance broker with a dozen insurers."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ridley.assistant.demo import identity, load
from ridley.assistant.demo.story import broker


class Command(BaseCommand):
    help = "Load the demo tenant if it is not there; --sign-ins prints its people."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sign-ins", action="store_true", help="Print e-mail, password and role of each person.")

        parser.add_argument("--identity-provider", metavar="ADDRESS", help="Let the demo use this OpenID provider.")

    def handle(self, *, sign_ins: bool, identity_provider: str | None, **options: Any) -> None:
        if identity_provider:
            for whose, public_id in identity.set_up(identity_provider).items():
                self.stdout.write(f"{whose} {public_id}")
            return
        if sign_ins:
            password = load.demo_password()
            for person in broker().people:
                limited = f" ({', '.join(person.sources)} only)" if person.sources else ""
                self.stdout.write(f"{person.email:<32} {password:<14} {person.role}{limited}")
            return
        if not load.load(lambda words: self.stdout.write(f"  demo: {words}")):
            self.stdout.write("  demo: is there already")
