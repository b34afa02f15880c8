"""Every attack on each sandbox, as root and as an ordinary user: how many were blocked, how soon excess was over."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from _engine import report

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from localassist.interpreter.sandbox import trees
from tests.sandbox import users

SANDBOXES = ("bwrap", "landlock")
OUTCOMES = ("blocked", "succeeded", "broken", "not run")


def main() -> None:
    place = Path(tempfile.mkdtemp(prefix="sandbox-"))
    place.chmod(0o755)
    (place / "user").mkdir()
    people = [(users.root(), place), (users.ordinary_user(place / "user"), place / "user")]
    escapes: list[list[Any]] = []
    endings: list[list[Any]] = []
    for person, where in people:
        if person is None:
            escapes.append(["root", "all", "not run: started by an ordinary user", *[""] * (len(OUTCOMES) - 1)])
            continue
        for kind in ("control", *SANDBOXES):
            counts = drive(person, "driver", kind, where)["counts"]
            escapes.append([person.name, kind, *(counts.get(outcome, 0) for outcome in OUTCOMES)])
        for kind in SANDBOXES:
            for name, found in drive(person, "resources", kind, where).items():
                after = found.get("seconds_after_crossing", "")
                endings.append([name, person.name, kind, found["ended"], after, found.get("neighbour_works_on", "")])
    trees.delete(place)
    report("sandbox_escapes", ("user", "sandbox", *OUTCOMES), escapes)
    print()
    columns = ("exhaustion", "user", "sandbox", "ended", "gone after s", "neighbour works on")
    report("sandbox_exhaustion", columns, sorted(endings))


def drive(person: users.Person, module: str, kind: str, where: Path) -> dict[str, Any]:
    command = [*person.command, "-m", f"tests.sandbox.{module}", kind, str(where)]
    done = subprocess.run(command, env=person.environment, cwd="/", capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    if "unavailable" in found:
        return {"counts": {"not run": found["unavailable"]}}
    return found


if __name__ == "__main__":
    main()
