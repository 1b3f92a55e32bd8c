from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from language.passes import batches_by_length


@given(st.lists(st.integers(1, 300)))
def test_batches_hold_every_row_once_and_keep_to_their_size(lengths: list[int]) -> None:
    batches = batches_by_length(lengths, max_tokens=200)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert max(lengths[row] for row in batch) * len(batch) <= 200 or len(batch) == 1
