"""RTF: control words, groups and escaped bytes read in one pass. No styles, no pictures, no fields."""

import re
from dataclasses import dataclass, field, replace

from localassist.protocols import SourceText
from localassist.retrieval.extract.assembly import Assembly
from localassist.retrieval.extract.faults import invalid

_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.IGNORECASE
)
# Groups whose text is not the document's.
_HIDDEN = frozenset({
    b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"fldinst", b"themedata", b"datastore", b"listtable",
    b"listoverridetable", b"rsidtbl", b"generator", b"xmlnstbl", b"latentstyles", b"filetbl", b"revtbl",
})  # fmt: skip
_CHARACTERS = {
    b"par": "\n\n", b"sect": "\n\n", b"page": "\n\n", b"line": "\n", b"row": "\n", b"cell": " | ", b"tab": "\t",
    b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"bullet": "•",
}  # fmt: skip
_SYMBOLS = {b"~": "\xa0", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n\n", b"\r": "\n\n"}
_CHARSETS = {128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950", 161: "cp1253", 162: "cp1254", 204: "cp1251"}


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds inside a pair of braces."""

    is_hidden: bool = False
    is_font_table: bool = False
    encoding: str = "cp1252"
    skipped: int = 1  # characters after \u that repeat it for older readers


@dataclass(slots=True)
class _Reader:
    text: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)  # bytes of the group's encoding, not decoded yet
    groups: list[_Group] = field(default_factory=lambda: [_Group()])
    encoding_by_font: dict[int, str] = field(default_factory=dict)
    default_encoding: str = "cp1252"
    font: int = 0
    num_to_skip: int = 0
    may_be_hidden: bool = False  # after \*, until the next control word

    @property
    def group(self) -> _Group:
        return self.groups[-1]

    def change(self, **changes: object) -> None:
        self.groups[-1] = replace(self.group, **changes)  # type: ignore[arg-type]

    def flush(self) -> None:
        if self.pending:
            self.text.append(self.pending.decode(self.group.encoding, "replace"))
            self.pending.clear()

    def write(self, text: str) -> None:
        self.flush()
        if not self.group.is_hidden:
            self.text.append(text)


def extract_rtf(content: bytes) -> SourceText:
    """Raises FileRefused when the braces never match up: the file was cut off."""
    reader = _Reader()
    for token in _TOKEN.finditer(content):
        word, number, byte, symbol, brace, plain = token.groups()
        if brace is not None:
            _brace(reader, brace)
        elif word is not None:
            _word(reader, word.lower(), None if number is None else int(number))
        elif symbol is not None:
            _symbol(reader, symbol)
        elif byte is not None or plain is not None:
            _plain(reader, bytes.fromhex(byte.decode()) if byte is not None else plain)
    reader.flush()
    if len(reader.groups) > 1:
        raise invalid("The RTF document is cut off. Upload it again, whole.")
    assembly = Assembly()
    text = "".join(reader.text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    for paragraph in text.split("\n\n"):
        assembly.add(paragraph)
    return assembly.finish()


def _brace(reader: _Reader, brace: bytes) -> None:
    reader.flush()
    if brace == b"{":
        reader.groups.append(reader.group)
    elif len(reader.groups) > 1:
        reader.groups.pop()
    reader.may_be_hidden = False
    reader.num_to_skip = 0


def _symbol(reader: _Reader, symbol: bytes) -> None:
    if symbol == b"*":
        reader.may_be_hidden = True
    elif reader.num_to_skip:
        reader.num_to_skip -= 1
    elif symbol in _SYMBOLS:
        reader.write(_SYMBOLS[symbol])


def _plain(reader: _Reader, content: bytes) -> None:
    skipped = min(reader.num_to_skip, len(content))
    reader.num_to_skip -= skipped
    if not reader.group.is_hidden:
        reader.pending += content[skipped:]


def _word(reader: _Reader, word: bytes, number: int | None) -> None:
    if word == b"u" and number is not None:
        reader.write(_unicode(number))
        reader.num_to_skip = reader.group.skipped
        return
    reader.flush()
    if reader.may_be_hidden or word in _HIDDEN:
        reader.change(is_hidden=True)
        reader.may_be_hidden = False
    elif word == b"fonttbl":
        reader.change(is_hidden=True, is_font_table=True)
    elif word in _CHARACTERS:
        reader.write(_CHARACTERS[word])
    elif number is not None:
        _setting(reader, word, number)


def _unicode(number: int) -> str:
    """\\u takes a signed 16-bit unit; halves of a pair are put together when the text is complete."""
    return chr(number & 0xFFFF)


def _setting(reader: _Reader, word: bytes, number: int) -> None:
    if word == b"ansicpg":
        reader.default_encoding = _known(f"cp{number}" if number != 936 else "gb18030")
        reader.change(encoding=reader.default_encoding)
    elif word == b"uc":
        reader.change(skipped=number)
    elif word == b"f":
        reader.font = number
        if not reader.group.is_font_table:
            reader.change(encoding=reader.encoding_by_font.get(number, reader.default_encoding))
    elif word == b"fcharset" and reader.group.is_font_table and number in _CHARSETS:
        reader.encoding_by_font[reader.font] = _CHARSETS[number]


def _known(encoding: str) -> str:
    try:
        b"".decode(encoding)
    except LookupError:
        return "cp1252"
    return encoding
