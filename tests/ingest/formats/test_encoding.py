from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import UnreadableSource
from ingest.formats.encoding import declared_charset, decode
from ingest.types import RawSource


def raw(content: bytes, media_type: str | None = None) -> RawSource:
    return RawSource("/articles/a.txt", "a.txt", content, media_type)


@given(st.text())
def test_utf8_comes_back_as_it_was(text: str) -> None:
    assert decode(raw(text.encode())) == text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides(bom: bytes, encoding: str) -> None:
    assert decode(raw(bom + "Žluť – 🦦".encode(encoding))) == "Žluť – 🦦"


@pytest.mark.parametrize(
    "text",
    [
        "café",
        "Beyoncé et René",
        "It’s “quoted” – yes",
        "The price is £5 or €6",
        "Müller fährt nach Köln. Straße!",
        "El niño comió en España. ¿Qué pasó? ¡Olé!",
        "Søren Ærø på gården",
        "20° in the naïve façade",
        "Ça va, «mon ami»?",
        "© 2017 Ada Finch",
        "São João, à noite, não há pão",
        "ÉTÉ À ORLÉANS",
        "Þetta er íslenska og ég á heima á Íslandi.",
        "A “quoted” word…and dash—like this",
        "½ cup of sugar at 250°F, 2×4, 3 m²",
        "l’Île-de-France",
    ],
)
def test_western_windows_text_comes_out_right_however_short(text: str) -> None:
    assert decode(raw(text.encode("cp1252"))) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Привет, мир. Это обычный текст о реке и о людях, которые там живут.", "cp1251"),
        ("Wałęsa był w Łodzi, że źle śpi", "cp1250"),
        ("Wałęsa był w Łodzi, że źle śpi", "iso8859-2"),
        ("A vidra májusban tért vissza. Őrült nagy öröm volt.", "cp1250"),
        ("Türkçe şarkı söylüyor, ığdır", "cp1254"),
        ("Ūdrs atgriezās upē maijā. Zemnieks viņu redzēja pie vecajām dzirnavām, kur viņš laboja žogu.", "cp1257"),
        ("Žluťoučký kůň úpěl ďábelské ódy, zatímco příliš tichý vůz stál u řeky.", "cp1250"),
        ("これは日本語の文章です。川にカワウソが戻ってきました。", "shift_jis"),
        ("这是一个中文句子，用来测试编码。水獭回到了河里。", "gb18030"),
        ("안녕하세요 세계 여러분, 수달이 강으로 돌아왔습니다.", "euc-kr"),
        ("Καλημέρα κόσμε, η βίδρα επέστρεψε στο ποτάμι.", "cp1253"),
    ],
)
def test_other_charsets_are_told_by_what_they_spell(text: str, encoding: str) -> None:
    assert decode(raw(text.encode(encoding))) == text


def test_a_servers_charset_is_used() -> None:
    assert decode(raw("Привет".encode("koi8-r"), "text/plain; charset=KOI8-R")) == "Привет"


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="koi8-r">',
        "<meta http-equiv='Content-Type' content='text/html; charset=koi8-r'>",
        '<?xml version="1.0" encoding="koi8-r"?>',
    ],
)
def test_a_pages_own_charset_is_used(head: str) -> None:
    page = f"{head}<p>Привет</p>"
    assert decode(raw(page.encode("koi8-r"))) == page


def test_utf8_that_is_declared_latin1_is_read_as_utf8() -> None:
    page = '<meta charset="iso-8859-1"><p>Beyoncé’s</p>'
    assert decode(raw(page.encode())) == page


def test_latin1_means_windows_1252_as_in_browsers() -> None:
    assert decode(raw("it’s".encode("cp1252"), "text/plain; charset=ISO-8859-1")) == "it’s"


@pytest.mark.parametrize("label", ["rot13", "unicode_escape", "utf-7", "punycode", "base64", "nonsense", "idna", "zip"])
def test_charsets_that_are_none_are_not_believed(label: str) -> None:
    assert declared_charset(raw(b"x", f"text/html; charset={label}")) is None
    assert decode(raw(b"\\u0041 +AEE-", f"text/html; charset={label}")) == "\\u0041 +AEE-"


@pytest.mark.parametrize(
    "content",
    [
        "“Beyoncé” – naïve – déjà vu".encode()[:-9] + b"\xff tail",
        "Вода в реке".encode()[:-1],
        codecs.BOM_UTF16_LE + b"\x00\xd8a\x00",
        codecs.BOM_UTF8 + b"caf\xe9",
    ],
)
def test_damaged_unicode_is_refused_rather_than_garbled(content: bytes) -> None:
    with pytest.raises(UnreadableSource, match="damaged"):
        decode(raw(content))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Да", "cp1251"),
        ("Привет, мир. Это текст.", "koi8-r"),
        ("crème à la carte", "cp437"),
        ("L’été dernier, la loutre est revenue à la rivière.", "mac_roman"),
    ],
)
def test_what_could_be_several_things_is_refused_rather_than_guessed(text: str, encoding: str) -> None:
    with pytest.raises(UnreadableSource, match="save it as UTF-8"):
        decode(raw(text.encode(encoding)))


@given(st.binary(max_size=60))
def test_no_bytes_ever_give_replacement_characters_of_ours(content: bytes) -> None:
    try:
        text = decode(raw(content))
    except UnreadableSource:
        return
    assert "\ufffd" not in text or b"\xef\xbf\xbd" in content or content[:2] in (b"\xff\xfe", b"\xfe\xff")
