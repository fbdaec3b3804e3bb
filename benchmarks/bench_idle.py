"""What everything that `make run` starts keeps in memory while nobody asks for anything.

    python benchmarks/bench_idle.py [--rows N] [--runs N]

Proportional set size: pages that several processes share count once. The promise: at most 600 MiB.
"""

from __future__ import annotations

import argparse

from installation import running
from measuring import keep, machine, promise

BAR = 600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, help="taken, as all benchmarks do; the demo has the size it has")
    parser.add_argument("--runs", type=int, help="taken, as all benchmarks do; one start is measured")
    parser.parse_args()
    with running(demo=True) as ridley:
        for _ in range(20):  # both web processes have answered
            ridley.sign_in()
            ridley.get("assistant/sources/")
        ridley.settle()
        found = ridley.memory()
    for name, mib in sorted(found.items(), key=lambda one: -one[1]):
        print(f"{mib:>7.1f} MiB  {name}")
    whole = sum(found.values())
    what, measured = "idle memory of everything that make run starts", f"{whole:.0f} MiB in {len(found)} processes"
    lines = [promise(what, measured=measured, bar=f"at most {BAR} MiB", kept=whole <= BAR)]
    keep("idle", {"mib": found, "promises": lines, **machine("Django", "gunicorn")})


if __name__ == "__main__":
    main()
