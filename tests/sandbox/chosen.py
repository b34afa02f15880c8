"""Prints, as JSON, what `auto` chooses for the user and in the circumstances it is started in."""

import json
import sys
import tempfile
from pathlib import Path

from localassist.config import Config
from localassist.errors import InterpreterUnavailable
from localassist.interpreter.sandbox.choosing import choose_sandbox

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1]) as directory:
        (Path(directory) / "data").mkdir()
        config = Config(data_dir=f"{directory}/data", code_sandbox=sys.argv[2] if len(sys.argv) > 2 else "auto")
        try:
            choice = choose_sandbox(config, Path(directory))
        except InterpreterUnavailable as exc:
            print(json.dumps({"refused": exc.message}))
        else:
            print(json.dumps({"chosen": choice.sandbox.name, "passed_over": choice.passed_over}))
