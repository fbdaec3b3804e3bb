"""The house's rules on source code that no linter knows. Each function returns complaints, a line each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCTS = ("assistant", "academy", "rerent")
ROOMS = ("permissions", "rules", "models", "queries", "services", "jobs", "api", "migrations", "admin", "tests")
WRITES = ("save", "delete")
EMPTY_NAMES = ("utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc")
OUTSIDE = {"django", "rest_framework", "procrastinate", "psycopg"}


def modules(root: Path, *, tests: bool = False) -> Iterator[Path]:
    """Python files of the house, from its root on, without migrations."""
    for path in sorted(root.glob("ridley/**/*.py")):
        parts = path.relative_to(root).parts
        if "migrations" not in parts and (tests or "tests" not in parts):
            yield path


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(), str(path)))


def at(root: Path, path: Path, node: ast.AST | None = None) -> str:
    line = f":{node.lineno}" if node is not None and hasattr(node, "lineno") else ""
    return f"{path.relative_to(root)}{line}"


def in_room(root: Path, path: Path, room: str) -> bool:
    """Whether a file is the room of this name, or lies in the folder that it became."""
    parts = path.relative_to(root).with_suffix("").parts
    return room in parts[-2:]


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [node.module or "", *(f"{node.module}.{name.name}" for name in node.names)]
    return []


def long_files(root: Path, allowed: dict[str, str]) -> list[str]:
    """A file has at most 300 lines. An allowed one has a reason, and at most 500."""
    found = []
    for pattern in ("ridley/**/*.py", "tests/**/*.py", "benchmarks/**/*.py", "web/src/**/*.ts*", "*.py"):
        for path in sorted(root.glob(pattern)):
            name, lines = str(path.relative_to(root)), len(path.read_text().splitlines())
            if "migrations" in path.parts:
                continue
            if lines > 500 or (lines > 300 and name not in allowed):
                found.append(f"{name} has {lines} lines, wanted at most {300 if lines <= 500 else 500}")
            if lines <= 300 and name in allowed:
                found.append(f"{name} has only {lines} lines and needs no allowance")
    return found + [
        f"{name} is allowed to be long and does not exist" for name in allowed if not (root / name).exists()
    ]


def missing_rooms(root: Path) -> list[str]:
    found = []
    for product in PRODUCTS:
        house = root / "ridley" / product
        if house.exists():
            absent = (room for room in ROOMS if not (house / f"{room}.py").exists() and not is_package(house / room))
            found += [f"ridley/{product} has no room {room}" for room in absent]
    return found


def is_package(folder: Path) -> bool:
    return (folder / "__init__.py").exists()


def writes_in_api(root: Path) -> list[str]:
    found = []
    for path in modules(root):
        if not in_room(root, path, "api"):
            continue
        for node in nodes(path):
            if isinstance(node, ast.Attribute) and node.attr == "objects":
                found.append(f"{at(root, path, node)} reads .objects; a query does that")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
                found.append(f"{at(root, path, node)} calls .{node.func.attr}(); a service does that")
    return found


def hidden_imports(root: Path) -> list[str]:
    """apps.get_model reaches past the floors where the import linter cannot see it."""
    return [
        f"{at(root, path, node)} calls get_model"
        for path in modules(root)
        for node in nodes(path)
        if isinstance(node, ast.Attribute | ast.Name)
        and "get_model" in (getattr(node, "attr", ""), getattr(node, "id", ""))
    ]


def frameworks_in_pure_code(root: Path) -> list[str]:
    """Rules and the engine decide and compute; they know no framework and no database."""
    return [
        f"{at(root, path, node)} imports {name}"
        for path in modules(root)
        if in_room(root, path, "rules") or path.relative_to(root).parts[1] == "engine"
        for node in nodes(path)
        for name in imported(node)[:1] + (imported(node)[1:] if isinstance(node, ast.Import) else [])
        if name.partition(".")[0] in OUTSIDE
    ]


def imports_of_tests(root: Path) -> list[str]:
    return sorted(
        {
            f"{at(root, path, node)} imports tests"
            for path in modules(root)
            for node in nodes(path)
            for name in imported(node)
            if "tests" in name.split(".") or name.endswith("conftest")
        }
    )


def empty_names(root: Path, allowed: dict[str, str]) -> list[str]:
    return [
        f"{at(root, path)} is named after nothing"
        for path in modules(root, tests=True)
        if path.stem in EMPTY_NAMES and at(root, path) not in allowed
    ]


def unregistered_jobs(root: Path, registered: set[str]) -> list[str]:
    """Every enqueue(...) names its job in the open, and there is such a job."""
    found = []
    for path in modules(root):
        for node in nodes(path):
            if isinstance(node, ast.Call) and "enqueue" in (
                getattr(node.func, "id", ""),
                getattr(node.func, "attr", ""),
            ):
                name = node.args[1] if len(node.args) > 1 else None
                if not isinstance(name, ast.Constant):
                    found.append(f"{at(root, path, node)} enqueues a job without saying its name")
                elif name.value not in registered:
                    found.append(f"{at(root, path, node)} enqueues {name.value}, which is no job")
    return found


def unused_permissions(root: Path) -> list[str]:
    """Every permission is asked for in some other module: a view, a service or a query."""
    asked = set()
    for path in modules(root):
        if path.stem != "permissions":
            loads = [node for node in nodes(path) if isinstance(getattr(node, "ctx", None), ast.Load)]
            asked |= {node.id for node in loads if isinstance(node, ast.Name)}
            asked |= {node.attr for node in loads if isinstance(node, ast.Attribute)}
    return [
        f"{at(root, path)}: nobody asks for {name}"
        for path in modules(root)
        if path.stem == "permissions"
        for name in named_permissions(path)
        if name not in asked
    ]


def named_permissions(path: Path) -> dict[str, str]:
    """NAME = "product.verb" at the top of a permissions.py."""
    return {
        target.id: node.value.value
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
