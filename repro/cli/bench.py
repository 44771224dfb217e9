"""Time a training step on this machine, beside plain PyTorch in the same process.

Without an option: our steps against ordinary modules, runs that train together against one by one, and on a CPU what
meProp saves of dense products and steps, each with its bar. Nothing is kept, and a slow machine is no error; let
nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from repro.cli import parser as common
from repro.show.words import threads

EXAMPLES = """  repro bench
  repro bench --where
  repro bench --rules --device cuda --json
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The device, its threads, what is asked."""
    add = parser.add_argument
    add("--device", type=common.device, default="auto", metavar="D", help="auto, cpu or cuda")
    add("--threads", type=common.count, default=1, metavar="N", help="CPU threads (default: 1)")
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--where", action="store_true", help="where the time of a step goes, on the CPU")
    asked.add_argument("--rules", action="store_true", help="a step of deep nets under each learning rule")
    common.add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Measure and print."""
    import torch

    from repro import device as devices

    device = "cpu" if args.where else devices.pick(args.device)
    devices.prepare(device, args.threads)
    facts = devices.facts(device)
    with torch.no_grad():
        found, text = _measured(args, device)
    if args.json:
        print(json.dumps({"environment": facts, **found}, indent=1))
        return 0
    print(f"{facts['device']}, {threads(facts)}, torch {facts['torch']}\n\n{text}")
    return 0


def _measured(args: argparse.Namespace, device: str) -> tuple[dict[str, Any], str]:
    """What was asked for: rows by name, and as text."""
    from repro.bench import rules, sparse, steps, where

    if args.where:
        rows = where.rows()
        return {"where": rows}, where.table(rows)
    if args.rules:
        rows = rules.rows(device)
        return {"rules": rows}, rules.table(rows)
    found = {"steps": steps.dni_rows(device), "together": steps.together_rows(device)}
    text = steps.table(*found.values())
    if device == "cpu":
        found["sparse"] = sparse.rows()
        text += "\n\n" + sparse.table(found["sparse"])
    return found, text
