"""`ridley ...`: the command line. Each command imports what it needs when it is called, so that --help is quick."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 well, 1 a refusal or a difference, 2 trouble or wrong usage."""
    words = sys.argv[1:] if argv is None else list(argv)
    arguments = build_parser(words[0] if words else "").parse_args(words)
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        sys.stderr.close()
        return 141


def build_parser(command: str) -> argparse.ArgumentParser:
    """The parser of all commands; `command` is the one that was asked for."""
    parser = argparse.ArgumentParser(prog="ridley", description="Safe changes to shared records.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, run: Command, help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help)
        added.set_defaults(run=run)
        return added

    def add_with_home(name: str, run: Command, help: str) -> argparse.ArgumentParser:
        added = add(name, run, help)
        added.add_argument("--home", metavar="DIR", help="the folder of all state (default: RIDLEY_HOME, else .ridley)")
        return added

    run = add_with_home("run", _run, "Start the database, the web server and the worker; Ctrl-C ends them all.")
    run.add_argument(
        "--port", type=int, metavar="N", help="the web server's port (default: the last one, else from 8000)"
    )
    run.add_argument("--no-demo", action="store_true", help="do not load the demo tenant into an empty database")
    run.add_argument("--no-identity-provider", action="store_true", help="do not start the demo's identity provider")

    for name, words, help in (
        ("worker", ("work",), "Work off jobs."),
        ("migrate", ("migrate", "--noinput"), "Bring the tables up to date, as the owner."),
        ("demo", ("demo",), "Load the demo tenant; repeating it is harmless."),
    ):
        add_with_home(name, _manage, help).set_defaults(words=words)
    manage = add_with_home("manage", _manage, "Run a command of manage.py with this home's secrets and database.")
    manage.add_argument("words", nargs=argparse.REMAINDER, metavar="...", help="the command and its arguments")

    add_with_home("doctor", _doctor, "Say what is wrong with this installation and what to do; 1 if anything is.")

    add_with_home("settings", _settings, "Print every setting with its value (secrets hidden) and where it comes from.")

    reset = add_with_home("reset", _reset, "Drop the development database and make it again, empty.")
    reset.add_argument("--yes", action="store_true", help="do not ask")

    backup = add_with_home("backup", _backup, "Put database and files into a new folder, while everything runs.")
    backup.add_argument("folder", nargs="?", metavar="DIR", help="a new folder (default: HOME/backups/TIME)")
    backup.add_argument("--with-secrets", action="store_true", help="the installation's secrets too")

    restore = add_with_home("restore", _restore, "Make a backup the home's database and files, all of it or nothing.")
    restore.add_argument("folder", metavar="DIR", help="the folder of the backup")
    restore.add_argument("--yes", action="store_true", help="restore over the data that are there")

    database = add_with_home(
        "database", _database, "The embedded PostgreSQL: start, stop, url. One of your own: prepare its roles."
    )
    database.add_argument("action", choices=("start", "stop", "url", "prepare"))
    database.add_argument("--owner", action="store_true", help="with url: the owner's address, not the app role's")

    diff = add("diff", _diff, "Compare two tables: rows added, removed, changed, and in which columns.")
    if command == "diff":  # only then: its arguments come with the engine, which takes a moment to load
        from ridley.engine.diff.command import add_arguments

        add_arguments(diff)
    add("version", _version, "Print the version.")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    from ridley.config.run import run

    identity = not (arguments.no_demo or arguments.no_identity_provider)
    return run(port=arguments.port, demo=not arguments.no_demo, home=arguments.home, identity=identity)


def _manage(arguments: argparse.Namespace) -> int:
    from ridley.config.offline import manage

    return manage(arguments.words, home=arguments.home)


def _doctor(arguments: argparse.Namespace) -> int:
    from ridley.config.doctor import doctor

    return doctor(home=arguments.home)


def _settings(arguments: argparse.Namespace) -> int:
    from ridley.config.shown import show_settings

    return show_settings(home=arguments.home)


def _reset(arguments: argparse.Namespace) -> int:
    from ridley.config.offline import reset

    return reset(sure=arguments.yes, home=arguments.home)


def _diff(arguments: argparse.Namespace) -> int:
    from ridley.engine.diff.command import run

    return run(arguments)


def _backup(arguments: argparse.Namespace) -> int:
    from ridley.config.backup import backup

    return backup(arguments.folder, home=arguments.home, with_secrets=arguments.with_secrets)


def _restore(arguments: argparse.Namespace) -> int:
    from ridley.config.restore import restore

    return restore(arguments.folder, sure=arguments.yes, home=arguments.home)


def _database(arguments: argparse.Namespace) -> int:
    from ridley.config.offline import database

    return database(arguments.action, owner=arguments.owner, home=arguments.home)


def _version(arguments: argparse.Namespace) -> int:
    from ridley.config.state import CHECKOUT

    print((CHECKOUT / "VERSION").read_text().strip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
