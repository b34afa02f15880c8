"""Starts the kernel: caps on its output, plain tracebacks, then one line that says it is ready.

Run as a script: `boot.py CONNECTION_FILE OPTIONS`, where the options are the JSON of `BootOptions`.
"""

import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from typing import Any, TypedDict

READY = b"ready\n"


class CapOptions(TypedDict):
    """How much of each kind one cell may show."""

    stream_chars: int
    text_chars: int
    num_displays: int
    image_bytes: int


class BootOptions(CapOptions):
    """What the engine decides: the output caps, where packages are besides the environment's, and the font list."""

    packages: list[str]
    font_list: str | None


def main() -> None:
    """Serve a kernel until the engine ends it."""
    connection_file, options = sys.argv[1], json.loads(sys.argv[2])
    engine = os.dup(1)
    _prepare_matplotlib(options["font_list"])
    sys.path += options["packages"]
    sys.argv = [sys.argv[0]]
    app = _initialize(connection_file)
    _beside("caps.py")["OutputCaps"](app.shell, options).install()
    vars(sys.modules["ipykernel.zmqshell"])["system"] = run_shell_command
    sys.path.append("")  # scripts in the working directory can be imported, and shadow nothing
    os.write(engine, READY)
    os.close(engine)
    app.start()


def _beside(name: str) -> dict[str, Any]:
    """What a file beside this one defines."""
    return runpy.run_path(os.path.join(os.path.dirname(__file__), name))


def _initialize(connection_file: str) -> Any:
    """The kernel application, its sockets bound. Its own words on descriptors 1 and 2 go nowhere once it has begun."""
    from ipykernel.iostream import OutStream
    from ipykernel.kernelapp import IPKernelApp

    _beside("pipes.py")["install"](OutStream)
    app: Any = IPKernelApp.instance()
    traceback_end = os.dup(2)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        app.initialize(
            [
                "-f",
                connection_file,
                "--HistoryManager.enabled=False",
                "--InteractiveShell.colors=nocolor",
                "--InteractiveShell.xmode=Plain",
                "--InteractiveShell.cache_size=0",
                "--IPKernelApp.log_level=ERROR",
            ]
        )
    except BaseException:
        os.dup2(traceback_end, 2)
        sys.stderr = sys.__stderr__
        raise
    os.close(traceback_end)
    os.close(nowhere)
    return app


def run_shell_command(command: str) -> int:
    """What `!command` does, without the terminal that IPython takes for it: not every sandbox has one."""
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, shell=True, text=True, errors="replace", **pipes) as process:  # noqa: S602
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
    return process.returncode


def _prepare_matplotlib(font_list: str | None) -> None:
    """Give matplotlib a directory of its own, with a font list made earlier: searching for fonts takes long."""
    directory = os.path.join(tempfile.gettempdir(), "matplotlib")
    os.makedirs(directory, exist_ok=True)
    os.environ["MPLCONFIGDIR"] = directory
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    if font_list is not None:
        shutil.copy(font_list, directory)


if __name__ == "__main__":
    main()
