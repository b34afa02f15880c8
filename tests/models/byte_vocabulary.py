"""The 256 byte tokens of a GPT-2 style vocabulary, for GGUF files made by hand."""


def byte_tokens() -> list[str]:
    """Token texts for the bytes 0 to 255."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    texts = {byte: chr(byte) for byte in printable}
    for byte in range(256):
        if byte not in texts:
            texts[byte] = chr(256 + len(texts) - len(printable))
    return [texts[byte] for byte in range(256)]
