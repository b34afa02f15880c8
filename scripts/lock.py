"""Write constraints.txt: one pin for every package of the base install, all extras and the dev group.

The resolution is universal (Python 3.11 to 3.13, Linux and macOS) with one version per package, so the pins need no
markers. Only metadata is read; nothing large is downloaded. Present pins are kept unless `--upgrade` is given.
"""

import argparse
import re
import subprocess
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"

# Chosen by hand, each with its reason.
HELD = {
    "torch": "2.13.0",  # the version that mirrors with only a CPU build carry
}
# What torch brings along on Linux from PyPI and a CPU build does not have; torch itself pins it.
UNPINNED = re.compile(r"^(nvidia-|cuda-|triton==)")
# Never needed on the platforms we support.
FOREIGN = re.compile(r"sys_platform == '(emscripten|win32)'$")

HEADER = """\
# Pins for every package of localassist: base, all extras, dev group. Written by `make lock`; do not edit by hand.
# Valid on Python 3.11, 3.12 and 3.13. Installs from PyPI, and from a mirror with only a CPU build of torch.
# The CUDA packages that torch asks for on Linux are not pinned here: torch pins them itself.
"""


def main() -> None:
    """Resolve and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions instead of the present pins")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        resolved = resolve(Path(scratch), upgrade=arguments.upgrade)
    pins = sorted(filter(None, map(to_pin, resolved.splitlines())))
    CONSTRAINTS.write_text(HEADER + "\n".join(pins) + "\n", encoding="utf-8")
    print(f"{CONSTRAINTS.name}: {len(pins)} packages")


def resolve(scratch: Path, *, upgrade: bool) -> str:
    """Run uv's universal resolver in an environment of its own and return its requirement lines."""
    venv.create(scratch / "venv", with_pip=True)
    python = str(scratch / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
    held, out = scratch / "held.txt", scratch / "out.txt"
    held.write_text("".join(f"{name}=={version}\n" for name, version in HELD.items()), encoding="utf-8")
    if CONSTRAINTS.exists() and not upgrade:
        out.write_text(CONSTRAINTS.read_text(encoding="utf-8"), encoding="utf-8")
    command = [python, "-m", "uv", "pip", "compile", "pyproject.toml", "--all-extras", "--group", "dev"]
    command += ["--universal", "--python-version", "3.11", "--fork-strategy", "fewest"]
    command += ["--constraints", str(held), "--no-header", "--no-annotate", "--quiet", "--output-file", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return out.read_text(encoding="utf-8")


def to_pin(line: str) -> str | None:
    """The pin without its marker; None for what is left out."""
    requirement, _, marker = line.partition(";")
    pin = requirement.strip()
    return None if not pin or UNPINNED.match(pin) or FOREIGN.search(marker) else pin


if __name__ == "__main__":
    main()
