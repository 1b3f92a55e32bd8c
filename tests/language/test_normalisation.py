from language.normalisation import normalize_answer


def test_normalisation_drops_case_articles_punctuation_and_spaces() -> None:
    assert normalize_answer("  The Forte di\nBelvedere, a 'fortress'! ") == "forte di belvedere fortress"
