"""Which files can be searched, by the extension of their names (contract §6.5, and what localassist adds)."""

from pathlib import PurePosixPath

# Read as they are: their offsets and lines are those of the file.
TEXT_EXTENSIONS = frozenset({
    ".c", ".cpp", ".cs", ".css", ".csv", ".go", ".java", ".js", ".json", ".md", ".php", ".py", ".rb", ".sh", ".tex",
    ".ts", ".tsv", ".txt",
})  # fmt: skip
DOCUMENT_EXTENSIONS = frozenset({
    ".doc", ".docx", ".eml", ".epub", ".html", ".odt", ".pdf", ".pptx", ".rtf", ".xlsx",
})  # fmt: skip
SEARCHABLE_EXTENSIONS = TEXT_EXTENSIONS | DOCUMENT_EXTENSIONS


def extension_of(filename: str) -> str:
    """The extension with its dot, in lower case; "" when the name has none."""
    return PurePosixPath(filename.replace("\\", "/")).suffix.lower()


def is_searchable(filename: str) -> bool:
    """Whether files of this name may be searchable. One without an extension is judged by its content later."""
    extension = extension_of(filename)
    return extension == "" or extension in SEARCHABLE_EXTENSIONS
