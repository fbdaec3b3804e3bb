"""Keep the present state as the fixture of this version: `make upgrade-fixture`. Every later state must migrate it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import psycopg

from tests import plugin  # first: it starts a server and sets the environment
from tests.live import ROOT, Live, database, environment, run, serving
from tests.upgrade.state import FOLDER, Kept, describe

PASSWORD = "known-while-it-is-asked"


def main() -> int:
    version = (ROOT / "VERSION").read_text().strip()
    if list(FOLDER.glob(f"ridley-{version}.*")) and "--again" not in sys.argv:
        print(f"There is a fixture of {version}. It was released? Then raise VERSION first. Else say --again.")
        return 1
    with tempfile.TemporaryDirectory(prefix="ridley-upgrade-") as folder, database("upgrade_source") as addresses:
        home = Path(folder)
        known = environment(home, addresses)
        run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], {**known, "RIDLEY_RUN_AS": "owner"})
        run([sys.executable, "-m", "tests.upgrade.story"], known)
        kept = keep(version, addresses["DATABASE_OWNER_URL"], Live("", PASSWORD, home), known)
    print(f"{kept.dump.name}: {kept.dump.stat().st_size / 1000:.0f} kB, {rows(kept)} rows, {len(kept.reads)} reads")
    return 0


def keep(version: str, url: str, live: Live, known: dict[str, str]) -> Kept:
    """Dump first and ask afterwards: signing in leaves a trace."""
    import django

    from ridley.config import manifest
    from ridley.config.dumping import dump_database, find_tools
    from tests.upgrade.reads import addresses, answers, let_in

    os.environ.update(known)
    django.setup()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE accounts_user SET password = '!'")
        connection.execute("DELETE FROM procrastinate_workers")
        tools = find_tools(connection.info.server_version // 10000)
        manifest.begin_snapshot(connection)
        (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        tables, migrations = describe(connection), manifest.list_migrations(connection)
        dump_database(tools, url, FOLDER / f"ridley-{version}.dump", snapshot=snapshot)
        connection.execute("COMMIT")
        let_in(connection, PASSWORD)
        paths = addresses(connection)
        with serving(live.home, known) as address:
            reads = answers(Live(address, live.password, live.home), paths)
    kept = Kept(version, migrations, tables, reads)
    kept.write()
    return kept


def rows(kept: Kept) -> int:
    return sum(table["rows"] for table in kept.tables.values())


if __name__ == "__main__":
    try:
        code = main()
    finally:
        plugin.end()
    sys.exit(code)
