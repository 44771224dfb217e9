"""Say in which order to train what is missing when time is short: most verdicts of the paper's claims a minute first.

Times are those that like runs took on this kind of device, in the runs folder or in committed records; where there
are none they are guessed from the steps and marked with "~". Nothing is trained, and no device is needed.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from repro.cli import parser as common
from repro.errors import BadValueError
from repro.paths import runs_dir
from repro.record.plan import planned
from repro.show.progress import minutes
from repro.show.tables import columns_of, readable

EXAMPLES = """  repro plan --profile paper --device cuda --budget 9m
  repro plan dni/table2 --profile paper --device cpu --json
  repro plan dni/rnn-control --profile cpu --missing --budget 1h    what would make the committed record grow
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The exhibits (none: all), the profile, the device, the time."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="default: every exhibit")
    common.add_profile(parser, "paper", "default: paper")
    add = parser.add_argument
    add(
        "--device",
        type=common.device,
        default="auto",
        metavar="D",
        help="auto, cpu or cuda (it may be elsewhere)",
    )
    add("--missing", action="store_true", help="pass over what the committed records have (cpu, paper)")
    add("--budget", type=common.seconds, metavar="T", help="what there is: 90s, 40m or 2h")
    add("--data-dir", type=common.existing_folder, metavar="DIR", help="data sets (REPRO_DATA, else .data)")
    add("--runs-dir", type=common.folder, metavar="DIR", help="finished runs (REPRO_RUNS, else .runs)")
    common.add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Print the plan, and the commands of what fits the budget."""
    from repro.device import pick
    from repro.runner.worth import order

    if args.device == "any":
        raise BadValueError("--device any trains nothing: plan for cpu or cuda")
    kind = pick() if args.device == "auto" else args.device
    wanted = [(e, planned(e, args.profile)) for e in common.chosen(args, none_means_all=True)]
    where = str(runs_dir(args.runs_dir)), args.budget, args.data_dir and str(args.data_dir)
    folders = [("--runs-dir", args.runs_dir), ("--data-dir", args.data_dir)]
    more = " --missing" * args.missing + "".join(
        f" {option} {folder}" for option, folder in folders if folder
    )
    rows = [_facts(p, args.profile, kind) for p in order(wanted, args.profile, kind, *where, args.missing)]
    if args.json:
        common.print_json(rows)
        return 0
    head = ("exhibit", "group", "runs", "takes", "in the budget", "then decided")
    print(readable(head, [_shown(r) for r in rows], columns_of(sys.stdout)))
    total = sum(r["estimate_s"] for r in rows)
    print(f"{len(rows)} groups on {kind}, {minutes(total)} in all")
    if args.budget is not None:
        print("\n".join(r["command"] + more for r in rows if r["fits"]))
    return 0


def _facts(one: Any, profile: str, kind: str) -> dict[str, Any]:
    runs = one.group.runs
    arms, seeds = (
        ",".join(dict.fromkeys(map(str, x))) for x in ([r.arm for r in runs], [r.seed for r in runs])
    )
    return {
        "exhibit": one.exhibit,
        "group": one.group.name,
        "runs": len(runs),
        "estimate_s": round(one.estimate_s, 2),
        "basis": one.basis,
        "fits": one.fits,
        "settles": list(one.settles),
        "command": f"repro run {one.exhibit} --profile {profile} --device {kind} --arms {arms} --seeds {seeds}",
    }


def _shown(row: dict[str, Any]) -> tuple[str, ...]:
    takes = ("~" if row["basis"] == "guessed" else "") + minutes(row["estimate_s"])
    fits, settles = "yes" if row["fits"] else "no", ", ".join(row["settles"]) or "–"
    return row["exhibit"], row["group"], str(row["runs"]), takes, fits, settles
