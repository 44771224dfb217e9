"""What a wheel carries beside the code: records, notebooks, how to cite, and the commit that it was built from.

An editable install carries nothing: it reads the checkout's own.
"""

import json
import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
CARRIED = ("results", "notebooks", "CITATION.cff")


class Carry(build_py):
    """`build_py`, and `repro/carried/` in what it builds."""

    def run(self):
        """Build, then copy."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "repro" / "carried"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in CARRIED:
            source = HERE / name
            if source.is_dir():
                shutil.copytree(source, target / name, ignore=shutil.ignore_patterns(".*", "*.tmp"))
            else:
                shutil.copy(source, target / name)
        sys.path.insert(0, str(HERE))
        from repro import tree

        stamp = tree.stamp()
        if stamp:
            (target / tree.STAMP).write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")


setup(cmdclass={"build_py": Carry})
