"""Every expected number here was worked out by hand."""

import pytest

from qa.evaluation.metrics import (
    abstention_precision,
    abstention_recall,
    auroc,
    best_over_gold,
    bootstrap_interval,
    calibration_table,
    exact_match,
    expected_calibration_error,
    holds_answer,
    is_same_article,
    mean_reciprocal_rank,
    recall_at,
    token_f1,
)


def test_exact_match_is_after_normalisation() -> None:
    assert exact_match("the Beatles.", "Beatles") == 1.0
    assert exact_match("Beatles", "The Stones") == 0.0


def test_f1_counts_words_as_often_as_both_have_them() -> None:
    # 2 of 3 predicted words are right, 2 of 4 expected ones found: 2 * (2/3) * (2/4) / (2/3 + 2/4) = 4/7
    assert token_f1("new new york", "new york city hall") == pytest.approx(4 / 7)


def test_f1_of_nothing_is_1_only_against_nothing() -> None:
    assert (token_f1("", ""), token_f1("", "Paris"), token_f1("Paris", "")) == (1.0, 0.0, 0.0)


def test_best_over_gold_takes_the_kindest_answer() -> None:
    assert best_over_gold(exact_match, "Florence", ["Italy", "Florence"]) == 1.0


def test_an_unanswerable_question_accepts_only_the_empty_string() -> None:
    assert best_over_gold(exact_match, "", []) == 1.0
    assert best_over_gold(token_f1, "Florence", []) == 0.0


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("He proposed on Oct. 21, 2013.", "oct 21 2013"),
        ("(born 2012–2014)", "2014"),
        ("the Beyoncé-led group", "Beyoncé"),
        ("It cost $5 billion in all", "5 billion"),
        ("Blood of type A is common", "A"),
        ("The United\nStates", "the United States"),
    ],
)
def test_a_passage_holds_an_answer_in_whole_words(text: str, answer: str) -> None:
    assert holds_answer(text, ["something else", answer])


@pytest.mark.parametrize(
    ("text", "answer"), [("a cartwheel", "art"), ("in 2013", "201"), ("blood of type B", "A"), ("anything", "+")]
)
def test_a_part_of_a_word_is_not_the_answer(text: str, answer: str) -> None:
    assert not holds_answer(text, [answer])


def test_no_passage_holds_the_answer_where_none_is_accepted() -> None:
    assert not holds_answer("any text at all", [])


@pytest.mark.parametrize(
    "named",
    [
        "Year Three",
        "year_three",
        "/articles/kim-and-kanye.txt",
        "kim-and-kanye.txt",
        "KIM-AND-KANYE",
    ],
)
def test_an_article_may_be_named_by_title_source_or_file(named: str) -> None:
    assert is_same_article(named, "Year  Three", "/articles/kim-and-kanye.txt")


def test_another_article_is_not_the_same() -> None:
    assert not is_same_article("articles", "Year Three", "/articles/kim.txt")
    assert not is_same_article("", "", "https://example.org/")


def test_an_article_from_the_web_may_be_named_by_the_end_of_its_address() -> None:
    assert is_same_article("Marie Curie", "", "https://example.org/wiki/Marie_Curie?action=view")
    assert is_same_article("Kraków", "", "https://example.org/Krak%C3%B3w.html")


RANKS = [1, 3, None, 11]


def test_recall_counts_questions_with_something_relevant_in_time() -> None:
    assert [recall_at(RANKS, k) for k in (1, 3, 10, 20)] == [0.25, 0.5, 0.5, 0.75]


def test_reciprocal_ranks_beyond_the_cut_count_nothing() -> None:
    assert mean_reciprocal_rank(RANKS, 10) == pytest.approx((1 + 1 / 3) / 4)


def test_what_cannot_be_measured_is_none() -> None:
    assert recall_at([], 5) is None
    assert mean_reciprocal_rank([]) is None
    assert expected_calibration_error([], []) is None
    assert bootstrap_interval([]) is None
    assert auroc([0.5], [True]) is None
    assert abstention_precision([False], [True]) is None
    assert abstention_recall([True], [True]) is None


def test_abstention_precision_and_recall() -> None:
    abstained = [True, True, True, False, False]
    answerable = [True, False, False, False, True]
    assert abstention_precision(abstained, answerable) == pytest.approx(2 / 3)
    assert abstention_recall(abstained, answerable) == pytest.approx(2 / 3)


def test_auroc_counts_pairs_in_order_and_ties_by_half() -> None:
    # Pairs of (0.9, 0.5) with (0.5, 0.1): 0.9 wins both, 0.5 ties one and wins one: 3.5 of 4.
    assert auroc([0.9, 0.5, 0.5, 0.1], [True, True, False, False]) == pytest.approx(3.5 / 4)


def test_auroc_of_equal_scores_is_a_half() -> None:
    assert auroc([0.3] * 5, [True, False, True, False, False]) == 0.5


def test_calibration_error_weighs_bins_by_their_size() -> None:
    # Bin 0.9-1.0: mean score 0.95, half right, 2 of 3 -> 2/3 * 0.45; bin 0.2-0.3: 0.25, none right -> 1/3 * 0.25
    scores, right = [0.9, 1.0, 0.25], [True, False, False]
    assert expected_calibration_error(scores, right) == pytest.approx((2 * 0.45 + 0.25) / 3)
    assert calibration_table(scores, right) == [(1, 0.25, 0.0), (2, pytest.approx(0.95), 0.5)]


def test_bootstrap_interval_is_the_same_every_time_and_holds_the_mean() -> None:
    values = [1.0] * 60 + [0.0] * 40
    low, high = bootstrap_interval(values) or (0.0, 0.0)
    assert (low, high) == bootstrap_interval(values)
    # The normal approximation gives 0.6 +- 1.96 * sqrt(0.6 * 0.4 / 100) = 0.504 to 0.696.
    assert low == pytest.approx(0.504, abs=0.02)
    assert high == pytest.approx(0.696, abs=0.02)


def test_bootstrap_interval_of_equal_values_is_a_point() -> None:
    assert bootstrap_interval([0.5, 0.5]) == (0.5, 0.5)
