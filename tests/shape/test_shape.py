"""The house keeps its shape: file lengths, rooms, permissions, and what may be called where."""

import subprocess
import sys

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from ridley.core.access.roles import all_permissions
from ridley.core.access.views import ScopedView
from ridley.core.jobs.registry import registered
from tests.shape import source
from tests.shape.source import ROOT, modules, named_permissions

# Longer than 300 lines, each with the reason.
LONG: dict[str, str] = {
    "ridley/config/settings.py": "every setting in one file, as asked",
    "ridley/assistant/tests/test_demo_data.py": "one story, told once: the generated files of all insurers",
    "ridley/assistant/tests/test_configure.py": "three records of the same shape, side by side",
    "ridley/core/changes/tests/test_deeds.py": "one story, told once: every deed on a set, and who may do it",
    "ridley/config/tests/test_run.py": "one story, told once: a newcomer's start and stop",
}
NAMED_BY_OTHERS = {"ridley/core/database/base.py": "Django asks for a backend's `base`"}


def views(resolver: URLResolver | None = None):
    """Every view class that the URL configuration serves."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from views(entry)
        elif isinstance(entry, URLPattern) and hasattr(entry.callback, "view_class"):
            yield entry.callback.view_class


def permissions() -> dict[str, str]:
    """Each permission that a permissions.py names, and where."""
    files = [path for path in modules(ROOT) if path.stem == "permissions"]
    return {value: source.at(ROOT, path) for path in files for value in named_permissions(path).values()}


def test_no_file_is_too_long():
    assert source.long_files(ROOT, LONG) == []


def test_every_product_has_all_its_rooms():
    assert source.missing_rooms(ROOT) == []


def test_the_api_reads_and_writes_nothing_by_itself():
    assert source.writes_in_api(ROOT) == []


def test_nothing_reaches_past_the_floors_by_name():
    assert source.hidden_imports(ROOT) == []


def test_rules_and_engine_know_no_framework():
    assert source.frameworks_in_pure_code(ROOT) == []


def test_no_code_leans_on_tests():
    assert source.imports_of_tests(ROOT) == []


def test_no_file_is_named_after_nothing():
    assert source.empty_names(ROOT, NAMED_BY_OTHERS) == []


def test_every_job_that_is_enqueued_exists():
    assert source.unregistered_jobs(ROOT, set(registered)) == []


def test_every_permission_is_asked_for_somewhere():
    assert source.unused_permissions(ROOT) == []


def test_every_permission_is_of_the_product_that_names_it():
    products = {where: {value.partition(".")[0] for value, at in permissions().items() if at == where}
                for where in permissions().values()}  # fmt: skip
    assert products == {
        where: {"core" if where.startswith("ridley/core/") else where.split("/")[1]} for where in products
    }


def test_every_permission_that_a_view_asks_for_is_named():
    asked = {view.__name__: needed for view in views() if issubclass(view, ScopedView)
             for needed in view.permissions.values() if isinstance(needed, str)}  # fmt: skip
    assert len(asked) >= 4
    assert {view: needed for view, needed in asked.items() if needed not in permissions()} == {}


def test_every_permission_of_a_role_is_named_and_every_permission_is_in_a_role():
    assert all_permissions() ^ permissions().keys() == set()


def test_everything_behind_the_door_is_a_scoped_view():
    inside = [entry for entry in get_resolver().url_patterns if "<slug:tenant>" in str(entry.pattern)]
    assert len(inside) == 1
    served = list(views(inside[0]))
    assert len(served) >= 4
    assert [view.__name__ for view in served if not issubclass(view, ScopedView)] == []


def test_the_engine_comes_without_django():
    asks = "import sys, ridley.engine; print({'django', 'ridley.core', 'psycopg'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", asks], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("set()\n", "")


LONG_FILE = "x = 1\n" * 301
API, SERVICES, RULES = "ridley/shop/api.py", "ridley/shop/services.py", "ridley/shop/rules.py"
MIGRATION = "ridley/shop/migrations/0001_initial.py"


def long_files(root):
    return source.long_files(root, {"ridley/long.py": "why"})


def empty_names(root):
    return source.empty_names(root, {})


def unregistered_jobs(root):
    return source.unregistered_jobs(root, {"shop.open"})


@pytest.mark.parametrize(
    ("check", "path", "text", "told"),
    [
        (long_files, "ridley/a.py", LONG_FILE, "ridley/a.py has 301 lines, wanted at most 300"),
        (long_files, "ridley/long.py", "x = 1\n" * 501, "ridley/long.py has 501 lines, wanted at most 500"),
        (long_files, "ridley/long.py", "", "ridley/long.py has only 0 lines and needs no allowance"),
        (long_files, "ridley/a.py", "", "ridley/long.py is allowed to be long and does not exist"),
        (source.writes_in_api, API, "Thing.objects", f"{API}:1 reads .objects; a query does that"),
        (source.writes_in_api, "ridley/shop/api/things.py", "\nthing.save()",
         "ridley/shop/api/things.py:2 calls .save(); a service does that"),
        (source.writes_in_api, API, "Thing.delete(x)", f"{API}:1 calls .delete(); a service does that"),
        (source.hidden_imports, SERVICES, "apps.get_model('a', 'B')", f"{SERVICES}:1 calls get_model"),
        (source.frameworks_in_pure_code, RULES, "from django.db import models", f"{RULES}:1 imports django.db"),
        (source.frameworks_in_pure_code, "ridley/engine/diff/keyed.py", "def f():\n    import os, psycopg",
         "ridley/engine/diff/keyed.py:2 imports psycopg"),
        (source.imports_of_tests, SERVICES, "from tests.world import make_world", f"{SERVICES}:1 imports tests"),
        (empty_names, "ridley/shop/utils.py", "", "ridley/shop/utils.py is named after nothing"),
        (unregistered_jobs, SERVICES, "enqueue(s, 'shop.opne')", f"{SERVICES}:1 enqueues shop.opne, which is no job"),
        (unregistered_jobs, SERVICES, "jobs.enqueue(s, name)", f"{SERVICES}:1 enqueues a job without saying its name"),
        (source.unused_permissions, "ridley/shop/permissions.py", "OPEN = 'shop.open'\nROLES = {'a': {OPEN}}",
         "ridley/shop/permissions.py: nobody asks for OPEN"),
        (source.missing_rooms, "ridley/assistant/tests/x.py", "", "ridley/assistant has no room permissions"),
    ],
)  # fmt: skip
def test_a_breach_is_told(tmp_path, check, path, text, told):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text)
    assert told in check(tmp_path)


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (source.writes_in_api, API, "# thing.save() and Thing.objects\nservices.delete_thing(scope)"),
        (source.writes_in_api, SERVICES, "Thing.objects.get().save()"),
        (source.frameworks_in_pure_code, RULES, "import datetime\nfrom ridley.core.access import errors"),
        (source.hidden_imports, MIGRATION, "apps.get_model('a', 'B')"),
        (long_files, "ridley/long.py", LONG_FILE),
        (unregistered_jobs, SERVICES, "enqueue(scope, 'shop.open')"),
    ],
)
def test_what_is_allowed_is_not_told(tmp_path, check, path, text):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text)
    assert check(tmp_path) == []
