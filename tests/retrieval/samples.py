"""Real files of every type that can be searched, made here, and the bad ones that users upload."""

import io
import os
import zipfile
from email import message_from_bytes, policy
from email.message import EmailMessage

ENGLISH = "The heron waits in the shallow water at dawn."
KOREAN = "왜가리는 새벽에 얕은 물에서 기다린다."
CHINESE = "苍鹭黎明时在浅水中等待。"
SENTENCES = (ENGLISH, KOREAN, CHINESE)


# --- PDF ----------------------------------------------------------------------------------------------------------


def pdf(*pages: str) -> bytes:
    """A PDF of text pages. The font is one of Adobe's Korean collection, by name: its characters are UTF-16 codes."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /HYSMyeongJo-Medium /Encoding /UniKS-UTF16-H "
        b"/DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HYSMyeongJo-Medium "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Korea1) /Supplement 2 >> /DW 1000 >>] >>"
    )
    kids = []
    for page in pages:
        lines = "".join(f"<{line.encode('utf-16-be').hex()}> Tj 0 -16 Td\n" for line in page.split("\n"))
        stream = f"BT /F1 12 Tf 40 780 Td\n{lines}ET".encode()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    return _pdf_file(objects, b"")


def _pdf_file(objects: list[bytes], trailer: bytes) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(out)


def scanned_pdf() -> bytes:
    """A page with a picture on it and no text."""
    picture = bytes(range(64))
    content = b"q 500 0 0 700 40 40 cm /I1 Do Q"
    return _pdf_file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
            b"<< /Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8 "
            b"/Length %d >>\nstream\n%s\nendstream" % (len(picture), picture),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /I1 3 0 R >> >> "
            b"/Contents 5 0 R >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ],
        b"",
    )


def encrypted_pdf() -> bytes:
    """A PDF that asks for a password: the standard handler, with a key that the empty password does not give."""
    plain = pdf(ENGLISH)
    cut = plain.index(b"xref\n")
    objects = [part.split(b"obj\n", 1)[1].rsplit(b"\nendobj", 1)[0] for part in plain[9:cut].split(b"endobj\n")[:-1]]
    keys = f"/O <{'11' * 32}> /U <{'22' * 32}> /P -4"
    objects.append(f"<< /Filter /Standard /V 1 /R 2 /Length 40 {keys} >>".encode())
    identity = "33" * 16
    trailer = f"/Encrypt {len(objects)} 0 R /ID [<{identity}> <{identity}>]".encode()
    return _pdf_file(objects, trailer)


# --- Office -------------------------------------------------------------------------------------------------------


def docx() -> bytes:
    from docx import Document

    document = Document()
    document.add_heading("Birds of the river", level=1)
    for sentence in SENTENCES:
        document.add_paragraph(sentence)
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("Bird", "Wingspan"), ("Heron", "185 cm")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    return _saved(document)


def pptx() -> bytes:
    from pptx import Presentation

    slides = Presentation()
    for number, sentence in enumerate(SENTENCES, 1):
        slide = slides.slides.add_slide(slides.slide_layouts[1])
        slide.shapes.title.text = f"Slide {number}"
        slide.placeholders[1].text = sentence
    return _saved(slides)


def xlsx() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Birds"
    sheet.append(["Bird", "Remark"])
    sheet.append(["Heron", ENGLISH])
    sheet.append(["왜가리", KOREAN])
    other = book.create_sheet("鸟类")
    other.append(["苍鹭", CHINESE])
    return _saved(book)


def _saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


# --- markup and the rest ------------------------------------------------------------------------------------------


def html() -> bytes:
    body = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    return (
        "<!doctype html><html><head><meta charset='utf-8'><title>Birds</title><script>var secret = 1;</script></head>"
        f"<body><nav>Home | index | next</nav><h1>Birds of the river</h1>{body}"
        "<table><tr><th>Bird</th><th>Wingspan</th></tr><tr><td>Heron</td><td>185 cm</td></tr></table></body></html>"
    ).encode()


def epub() -> bytes:
    chapters = {f"ch{i}.xhtml": f"<h1>Chapter {i}</h1><p>{text}</p>" for i, text in enumerate(SENTENCES, 1)}
    items = "".join(f'<item id="i{name}" href="{name}"/>' for name in chapters)
    refs = "".join(f'<itemref idref="i{name}"/>' for name in chapters)
    package = (
        f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{refs}</spine></package>'
    )
    root = '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>'
    names = 'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"'
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": f"<container {names}><rootfiles>{root}</rootfiles></container>",
            "OEBPS/book.opf": package,
            **{
                f"OEBPS/{name}": f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{text}</body></html>'
                for name, text in chapters.items()
            },
        }
    )


def odt() -> bytes:
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    body = "<t:h>Birds of the river</t:h>" + "".join(f"<t:p>{sentence}</t:p>" for sentence in SENTENCES)
    content = (
        f'<o:document-content xmlns:o="{office}" xmlns:t="{text}"><o:body><o:text>{body}</o:text></o:body>'
        "</o:document-content>"
    )
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def zipped(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def rtf() -> bytes:
    korean = "".join(f"\\'{byte:02x}" for byte in KOREAN.encode("cp949"))
    chinese = "".join(f"\\u{ord(char)}?" for char in CHINESE)
    return (
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Times;}{\f1\fcharset129 Batang;}}{\info{\title Hidden}}"
        rf"\pard {ENGLISH}\par {{\f1 {korean}}}\par {chinese}\par}}"
    ).encode("ascii")


def message(*attachments: tuple[str, bytes]) -> bytes:
    """A short e-mail with files attached to it; one called .eml is attached as a message."""
    made = EmailMessage()
    made["Subject"] = "Notes"
    made.set_content("See below.")
    for name, content in attachments:
        if name.endswith(".eml"):
            made.add_attachment(message_from_bytes(content, policy=policy.default), filename=name)
        else:
            made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def eml() -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Mina <mina@example.org>", "heron@example.org"
    message["Subject"] = "왜가리 관찰"
    message.set_content("\n".join(SENTENCES))
    message.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream", filename="heron.bin")
    return message.as_bytes()


def plain() -> str:
    return "\r\n".join(["# Birds", "", *SENTENCES, "", "    indented = True  # kept as it is"]) + "\r\n"


def every_type() -> dict[str, bytes]:
    """A file of each type that needs no converter, by name. All but source code hold the three sentences."""
    made = {
        "birds.pdf": pdf(ENGLISH, f"{KOREAN}\n{CHINESE}"),
        "birds.docx": docx(),
        "birds.pptx": pptx(),
        "birds.xlsx": xlsx(),
        "birds.html": html(),
        "birds.epub": epub(),
        "birds.odt": odt(),
        "birds.rtf": rtf(),
        "birds.eml": eml(),
        "birds.csv": "\n".join(["bird,remark", *(f'heron,"{sentence}"' for sentence in SENTENCES)]).encode(),
        "birds.tsv": "\n".join(["bird\tremark", *(f"heron\t{sentence}" for sentence in SENTENCES)]).encode(),
    }
    text_types = [
        "c",
        "cs",
        "cpp",
        "java",
        "json",
        "md",
        "php",
        "py",
        "rb",
        "tex",
        "txt",
        "css",
        "js",
        "sh",
        "ts",
        "go",
    ]
    return made | {f"birds.{extension}": plain().encode() for extension in text_types}


# --- bad files ----------------------------------------------------------------------------------------------------


def zip_bomb() -> bytes:
    """A Word document of 200 MB of zeros."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("word/document.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(200):
            part.write(bytes(1 << 20))
    return out.getvalue()


def bad_files() -> dict[str, tuple[bytes, str, str]]:
    """By name: the bytes, the code they must fail with, and a word of the message."""
    return {
        "encrypted.pdf": (encrypted_pdf(), "invalid_file", "password"),
        "scanned.pdf": (scanned_pdf(), "invalid_file", "OCR"),
        "empty.txt": (b"", "invalid_file", "empty"),
        "truncated.pdf": (pdf(ENGLISH, KOREAN)[:300], "invalid_file", "damaged or cut off"),
        "truncated.docx": (docx()[:5000], "invalid_file", "damaged or cut off"),
        "bomb.docx": (zip_bomb(), "invalid_file", "zip bomb"),
        "noise.txt": (os.urandom(4096) + b"\0\0\0", "unsupported_file", "binary"),
        "archive": (zipped({"a.txt": "text"}), "unsupported_file", "Archives"),
    }
