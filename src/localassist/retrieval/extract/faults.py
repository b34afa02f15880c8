"""Why a file has no text for us, in words for whoever uploaded it."""

from localassist.protocols import IngestionFault


class FileRefused(Exception):
    """The file cannot be read. `fault` is the contract's code; the message says what to do."""

    def __init__(self, fault: IngestionFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message


def unsupported(message: str) -> FileRefused:
    """The type of the file cannot be searched."""
    return FileRefused("unsupported_file", message)


def invalid(message: str) -> FileRefused:
    """The type can be searched, but not this file."""
    return FileRefused("invalid_file", message)
