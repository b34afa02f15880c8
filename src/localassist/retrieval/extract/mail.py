"""E-mail messages: who wrote what to whom, the text, and the names of what was attached."""

from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart

from localassist.protocols import SourceText
from localassist.retrieval.extract.assembly import Assembly
from localassist.retrieval.extract.elements import add_html
from localassist.retrieval.extract.encodings import decode
from localassist.retrieval.extract.faults import invalid
from localassist.retrieval.extract.markup import decode_markup

_HEADERS = ("From", "To", "Cc", "Date")


def extract_mail(content: bytes) -> SourceText:
    """The subject is the heading. Of an alternative between plain text and HTML the plain text is taken."""
    message = message_from_bytes(content, policy=policy.default)
    assembly = Assembly()
    if subject := _header(message, "Subject"):
        assembly.add(subject, is_heading=True)
    assembly.add("\n".join(f"{name}: {value}" for name in _HEADERS if (value := _header(message, name))))
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None:
        _add_body(assembly, body)
    attached = [name for part in message.iter_attachments() if (name := part.get_filename())]
    if attached:
        assembly.add(f"Attached: {', '.join(attached)}")
    if not assembly.has_text:
        raise invalid("The message has neither headers nor text. Save it again in its mail program.")
    return assembly.finish()


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
