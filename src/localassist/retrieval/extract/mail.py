"""E-mail messages: who wrote what to whom, the text, and what was attached: its name, and its text if it has any."""

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from itertools import islice

from localassist.protocols import SourceText
from localassist.retrieval.extract.assembly import Assembly
from localassist.retrieval.extract.elements import add_html
from localassist.retrieval.extract.encodings import decode
from localassist.retrieval.extract.faults import FileRefused, invalid
from localassist.retrieval.extract.markup import decode_markup

_HEADERS = ("From", "To", "Cc", "Date")
_MAX_ATTACHMENTS = 100  # that are read; the others are named

AttachmentReader = Callable[[bytes, str], SourceText]


def extract_mail(content: bytes, read_attachment: AttachmentReader) -> SourceText:
    """The subject is the heading. Of an alternative between plain text and HTML the plain text is taken.

    Attachments follow, each under its name; why one has no text is said in its place.
    """
    message = message_from_bytes(content, policy=policy.default)
    assembly = Assembly()
    if subject := _header(message, "Subject"):
        assembly.add(subject, is_heading=True)
    assembly.add("\n".join(f"{name}: {value}" for name in _HEADERS if (value := _header(message, name))))
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None:
        _add_body(assembly, body)
    attached = list(_attachments(message))
    if attached:
        assembly.add(f"Attached: {', '.join(name for name, _ in attached)}")
    for name, part in islice(attached, _MAX_ATTACHMENTS):
        _add_attachment(assembly, name, part, read_attachment)
    if not assembly.has_text:
        raise invalid("The message has neither headers nor text. Save it again in its mail program.")
    return assembly.finish()


def _attachments(message: EmailMessage) -> Iterator[tuple[str, MIMEPart]]:
    """With names; a forwarded message or a second text may have none of its own."""
    for part in message.iter_attachments():
        name = part.get_filename()
        if name:
            yield name, part
        elif part.get_content_type() == "message/rfc822":
            yield "forwarded message.eml", part
        elif part.get_content_maintype() == "text":
            yield "text.html" if part.get_content_subtype() == "html" else "text.txt", part


def _add_attachment(assembly: Assembly, name: str, part: MIMEPart, read: AttachmentReader) -> None:
    """Its text under its name. One that cannot be read does not cost the message, whatever its parser raises."""
    try:
        source = read(_content(part), name)
    except FileRefused as exc:
        if exc.fault == "invalid_file":
            assembly.add(f"{name} has no text that could be read: {exc.message.partition('. ')[0].rstrip('.')}.")
        return
    except MemoryError:
        raise
    except Exception:
        assembly.add(f"{name} has no text that could be read: it is damaged.")
        return
    assembly.add_document(name, source)


def _content(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload
    inner = part.get_payload()  # a message is a list of one
    return inner[0].as_bytes() if isinstance(inner, list) and isinstance(inner[0], EmailMessage) else b""


def _header(message: EmailMessage, name: str) -> str:
    """A header as text; "" when there is none that can be read."""
    try:
        return str(message.get(name, ""))
    except (ValueError, IndexError, AttributeError, LookupError):  # the library's parser stumbles over wild headers
        return ""


def _add_body(assembly: Assembly, body: MIMEPart) -> None:
    payload = body.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    if body.get_content_type() == "text/html":
        add_html(assembly, decode_markup(content))
        return
    charset = body.get_content_charset() or "utf-8"
    try:
        assembly.add(content.decode({"euc-kr": "cp949", "gb2312": "gb18030"}.get(charset, charset)))
    except (UnicodeDecodeError, LookupError):
        assembly.add(decode(content))
