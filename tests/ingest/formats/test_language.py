from __future__ import annotations

import pytest

from ingest.formats.language import language_of, parse_language
from tests.ingest.documents import STORY

TEXTS = {
    "en": " ".join(STORY),
    "de": "Die neue Brücke über die Förde ist am Freitag für den Verkehr freigegeben worden. Die Fähre stellt ihren "
    "Betrieb am Sonntag ein, und das ist für die Leute auf der Insel nicht leicht.",
    "fr": "Le nouveau pont sur le détroit a été ouvert à la circulation vendredi. Les habitants de l'île ne sont pas "
    "tous heureux, car le bac qui les transportait cessera son service dimanche.",
    "es": "El nuevo puente sobre el estrecho se abrió al tráfico el viernes. Los vecinos de la isla no están felices, "
    "porque el barco que los llevaba a la ciudad dejará de navegar el domingo.",
    "pt": "A nova ponte sobre o estreito foi aberta ao trânsito na sexta-feira. Os moradores da ilha não estão todos "
    "felizes, porque o barco que os levava para a cidade vai parar no domingo.",
    "it": "Il nuovo ponte sullo stretto è stato aperto al traffico venerdì. Gli abitanti dell'isola non sono tutti "
    "contenti, perché il traghetto che li portava in città farà l'ultima corsa la domenica.",
    "nl": "De nieuwe brug over de zeestraat is vrijdag voor het verkeer opengesteld. De bewoners van het eiland zijn "
    "niet allemaal blij, want de veerboot die hen naar de stad bracht stopt op zondag.",
    "ru": "Новый мост через пролив был открыт для движения в пятницу. Не все жители острова рады, что паром, "
    "который возил их в город, в воскресенье пойдёт в последний раз, и это не шутка.",
}


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("de_DE.", None),
        ("PT-br", "pt"),
        ("eng", "en"),
        ("English", "en"),
        ("Français", "fr"),
        ("und", None),
        ("", None),
        (None, None),
        ("not a language", None),
    ],
)
def test_what_a_source_says_becomes_one_code(stated: str | None, code: str | None) -> None:
    assert parse_language(stated) == code


@pytest.mark.parametrize("code", TEXTS)
def test_a_text_is_told_by_its_commonest_words(code: str) -> None:
    assert language_of(TEXTS[code]) == code


@pytest.mark.parametrize(
    "text",
    ["", "Too short to tell.", "Year | Cost\n" + "2017 | 12 crowns\n" * 40, f"{TEXTS['en']} {TEXTS['de']}"],
)
def test_what_is_not_certain_is_not_told(text: str) -> None:
    assert language_of(text) is None
