"""Word files from before 2007, through a converter that the user has installed."""

import shutil
import subprocess
from pathlib import Path

from localassist.protocols import SourceText
from localassist.retrieval.extract.assembly import Assembly
from localassist.retrieval.extract.elements import damaged, extract_office
from localassist.retrieval.extract.faults import unsupported

CONVERTERS = ("antiword", "soffice")


def converter() -> str | None:
    """The first converter that is installed."""
    return next((found for name in CONVERTERS if (found := shutil.which(name))), None)


def extract_doc(path: Path, scratch: Path) -> SourceText:
    """Raises FileRefused when there is no converter, or it fails."""
    program = converter()
    if program is None:
        raise unsupported(
            "Reading .doc files needs a converter: install antiword or LibreOffice (soffice) on the machine that "
            "serves, or save the document as .docx."
        )
    if Path(program).name == "antiword":
        output = _run([program, "-m", "UTF-8.txt", "-w", "0", str(path)])
        assembly = Assembly()
        for paragraph in output.decode("utf-8", "replace").split("\n\n"):
            assembly.add(paragraph)
        return assembly.finish()
    profile = f"-env:UserInstallation={(scratch / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", "docx", "--outdir", str(scratch), str(path)]
    _run(command)
    return extract_office(scratch / f"{path.stem}.docx", "docx")


def _run(command: list[str]) -> bytes:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip()[:200] or f"{command[0]} gave up"
        raise damaged("Word document", reason)
    return done.stdout
