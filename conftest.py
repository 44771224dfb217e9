"""What the kernels of the committed notebooks need when nbval starts them: this checkout, and no other kernel."""

import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# the kernel of an environment that two checkouts share would import the other one, and test that
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
os.environ.pop("JUPYTER_PATH", None)
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
if "MPLCONFIGDIR" not in os.environ and not os.access(Path.home(), os.W_OK):
    os.environ["MPLCONFIGDIR"] = tempfile.mkdtemp()  # else matplotlib tells on stderr that it made one
