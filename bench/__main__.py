"""`python -m bench`: speed and memory of whole commands, as ratios to the ideal or to the budget, within one run.

Every figure is the median of several runs of the real command against the loopback server in a process of its own.
Quote ratios, not seconds: machines differ, and this one may be noisy.
"""

import argparse
import sys

from bench import (
    adaptive,
    api,
    endurance,
    imports,
    mutation,
    oracles,
    pages,
    plugin,
    scoring,
    sending,
    survival,
    training,
    workers,
)

BENCHES = {
    "imports": imports.bench,
    "plugin": plugin.bench,
    "oracles": oracles.bench,
    "sending": sending.bench,
    "adaptive": adaptive.bench,
    "survival": survival.bench,
    "endurance": endurance.bench,
    "pages": pages.bench,
    "api": api.bench,
    "workers": workers.bench,
    "scoring": scoring.bench,
    "training": training.bench,
    "mutation": mutation.bench,
}
DEFAULT = (
    "imports",
    "plugin",
    "oracles",
    "sending",
    "adaptive",
    "survival",
    "endurance",
    "pages",
    "api",
    "workers",
)  # the others need the extra `torch` and the model, or mutmut and an hour


def main() -> int:
    """Runs the named benches; exit code 1 where a figure misses its budget and --strict was given."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; default: {', '.join(DEFAULT)}"
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each command; the median counts")
    parser.add_argument("--strict", action="store_true", help="fail where a figure misses its budget")
    args = parser.parse_args()
    if wrong := set(args.names) - set(BENCHES):
        parser.error(f"unknown bench {', '.join(sorted(wrong))}; allowed: {', '.join(BENCHES)}")
    figures = [figure for name in args.names or DEFAULT for figure in BENCHES[name](args.runs)]
    print(f"{'figure':<58} {'measured':>10} {'budget':>10}  of budget")
    for figure in figures:
        print(figure.line())
    return int(args.strict and any(not figure.is_within for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
