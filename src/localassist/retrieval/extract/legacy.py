"""Word files from before 2007, through a converter that the user has installed."""

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from localassist.protocols import SourceText
from localassist.retrieval.extract.assembly import Assembly
from localassist.retrieval.extract.elements import damaged, extract_office
from localassist.retrieval.extract.faults import FileRefused, unsupported

CONVERTERS = ("antiword", "soffice")


def converters() -> list[str]:
    """The programs of the installed converters."""
    return [found for name in CONVERTERS if (found := shutil.which(name))]


def extract_doc(path: Path, scratch: Path) -> SourceText:
    """By the first converter that can: antiword is quick and gives up on short texts. Raises FileRefused."""
    programs = converters()
    if not programs:
        raise unsupported(
            "Reading .doc files needs a converter: install antiword or LibreOffice (soffice) on the machine that "
            "serves, or save the document as .docx."
        )
    for program in programs[:-1]:
        with suppress(FileRefused):
            return _convert(program, path, scratch)
    return _convert(programs[-1], path, scratch)


def _convert(program: str, path: Path, scratch: Path) -> SourceText:
    if Path(program).name == "antiword":
        output = _run([program, "-m", "UTF-8.txt", "-w", "0", str(path)])
        assembly = Assembly()
        for paragraph in output.decode("utf-8", "replace").split("\n\n"):
            assembly.add(paragraph)
        return assembly.finish()
    profile = f"-env:UserInstallation={(scratch / 'profile').as_uri()}"
    _run([program, profile, "--headless", "--convert-to", "docx", "--outdir", str(scratch), str(path)])
    converted = scratch / f"{path.stem}.docx"
    if not converted.exists():  # soffice says on its standard output what it cannot read, and succeeds
        raise damaged("Word document", f"{Path(program).name} could not read it")
    return extract_office(converted, "docx")


def _run(command: list[str]) -> bytes:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip()[:200] or f"{command[0]} gave up"
        raise damaged("Word document", reason)
    return done.stdout
