"""Which languages an embedding model can read, told from how its tokenizer takes samples of them apart.

A model that has learnt a language has words or syllables of it in its vocabulary. Where it falls back to letters,
halves of syllables or "unknown", its vectors say nothing, and mixing them in makes a search worse.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

MAX_UNKNOWN_SHARE = 0.2
LEAST_CHARACTERS = 1.2  # per token, white space not counted; fewer for scripts whose characters say more
_MAX_UNREADABLE_SHARE = 0.3  # of a text's letters


class Reading(NamedTuple):
    """How a tokenizer read a text: characters other than white space, tokens, and those that stand for "unknown"."""

    num_characters: int
    num_tokens: int
    num_unknown: int


class Script(NamedTuple):
    """A script whose reading a sample tells. `least_characters` is what a tokenizer that knows it reaches."""

    name: str
    letters: re.Pattern[str]
    sample: str
    least_characters: float


SCRIPTS = (
    Script("Korean", re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]"),
           "환불을 받으려면 주문 번호와 함께 고객 센터에 문의하세요. 설치 프로그램은 네트워크를 먼저 봅니다.", 1.0),
    Script("Japanese", re.compile("[\u3040-\u30ff\uff66-\uff9f]"),
           "返金を受けるには、注文番号を添えてお客様センターにお問い合わせください。これは最初に確認します。", 1.15),
    Script("Chinese", re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
           "如需退款，请提供订单号并联系客户服务中心。安装程序会首先检查网络设置，然后继续进行磁盘分区。", 0.8),
    Script("Cyrillic", re.compile("[\u0400-\u052f]"),
           "Чтобы вернуть деньги, обратитесь в службу поддержки и укажите номер заказа.", 1.8),
    Script("Arabic", re.compile("[\u0600-\u06ff\u0750-\u077f]"),
           "لاسترداد أموالك، يرجى الاتصال بخدمة العملاء مع ذكر رقم الطلب.", 1.5),
    Script("Devanagari", re.compile("[\u0900-\u097f]"),
           "धनवापसी पाने के लिए कृपया अपने ऑर्डर नंबर के साथ ग्राहक सेवा से संपर्क करें।", 1.4),
    Script("Thai", re.compile("[\u0e00-\u0e7f]"),
           "หากต้องการขอเงินคืน โปรดติดต่อฝ่ายบริการลูกค้าพร้อมหมายเลขคำสั่งซื้อ", 1.5),
    Script("Hebrew", re.compile("[\u0590-\u05ff]"),
           "כדי לקבל החזר כספי, פנו לשירות הלקוחות עם מספר ההזמנה.", 1.5),
    Script("Greek", re.compile("[\u0370-\u03ff]"),
           "Για επιστροφή χρημάτων, επικοινωνήστε με την εξυπηρέτηση πελατών.", 1.8),
)  # fmt: skip


class Languages:
    """What a tokenizer, by its `read` function, knows."""

    def __init__(self, read: Callable[[str], Reading]) -> None:
        self._read = read
        self._unreadable = [script for script in SCRIPTS if not _is_known(read(script.sample), script.least_characters)]

    def unreadable(self) -> list[str]:
        """Names of the scripts the model does not know."""
        return [script.name for script in self._unreadable]

    def can_read(self, text: str) -> bool:
        """Whether vectors of the text mean anything; text without letters counts as readable."""
        letters = [character for character in text if character.isalpha()]
        if not letters:
            return True
        joined = "".join(letters)
        if any(
            len(script.letters.findall(joined)) > _MAX_UNREADABLE_SHARE * len(letters) for script in self._unreadable
        ):
            return False
        if any(script.letters.search(joined) for script in SCRIPTS):
            return True
        return _is_known(self._read(text), LEAST_CHARACTERS)


def _is_known(reading: Reading, least_characters: float) -> bool:
    if reading.num_unknown > MAX_UNKNOWN_SHARE * reading.num_tokens:
        return False
    return reading.num_characters >= least_characters * reading.num_tokens


def num_visible(text: str) -> int:
    """Characters other than white space."""
    return len("".join(text.split()))
