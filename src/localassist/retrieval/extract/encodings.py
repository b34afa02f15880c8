"""Bytes to text: UTF-8 and UTF-16, Korean CP949 and Chinese GB18030, and Western bytes as a last resort."""

import codecs
import re

from localassist.retrieval.extract.faults import invalid

_MARKED = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_SAMPLE_BYTES = 1 << 20
# KS X 1001 puts all Hangul into rows 0xB0 to 0xC8; in GB 2312 half of the common characters lie beyond.
_HANGUL_LEADS = range(0xB0, 0xC9)


def decode(content: bytes) -> str:
    """The text, without a byte order mark. Raises FileRefused when the bytes are no text in any of the encodings."""
    for mark, encoding in _MARKED:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding)
    if b"\0" in content:
        return _decoded(content, _utf16_order(content))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded_legacy(content)


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as exc:
        raise _undecodable() from exc


def _utf16_order(content: bytes) -> str:
    sample = content[:_SAMPLE_BYTES]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if even == odd:
        raise _undecodable()
    return "utf-16-be" if even > odd else "utf-16-le"


def _decoded_legacy(content: bytes) -> str:
    for encoding in _candidates(content[:_SAMPLE_BYTES]):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _undecodable()


def _candidates(sample: bytes) -> tuple[str, ...]:
    """Encodings to try, the likeliest first. Double-byte text has its high bytes in pairs, Western text alone."""
    runs = [match.group() for match in _HIGH_RUN.finditer(sample)]
    paired = sum(len(run) for run in runs if len(run) % 2 == 0)
    if paired < 0.5 * sum(map(len, runs)):
        return ("cp1252", "cp949", "gb18030")
    leads = [run[i] for run in runs if len(run) % 2 == 0 for i in range(0, len(run), 2)]
    hangul = sum(lead in _HANGUL_LEADS for lead in leads)
    return ("cp949", "gb18030") if hangul >= 0.85 * len(leads) else ("gb18030", "cp949")


def _undecodable() -> Exception:
    return invalid(
        "The file's bytes are no text in UTF-8, UTF-16, CP949, GB18030 or Windows-1252. Save it as UTF-8 and upload "
        "it again."
    )
