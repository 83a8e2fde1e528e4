import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugc.model.marks import Marks

NAMES = st.binary(min_size=1).filter(lambda name: b"\0" not in name).map(lambda b: b.decode("utf-8", "surrogateescape"))
NUMBERS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
MARKS = st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.integers(min_value=0, max_value=2**64 - 1), NAMES)


@given(st.dictionaries(NAMES, MARKS))
def test_packed_marks_are_the_marks_again(marks):
    packed = Marks.pack(marks)
    again = Marks(packed.packed)
    assert dict(again) == marks
    assert again == packed
    assert again == marks
    assert len(again) == len(marks)
    assert again.names() == list(marks)
    assert [column.tolist() for column in again.numbers()] == [[m[n] for m in marks.values()] for n in range(5)]


def test_marks_that_were_cut_off_or_grew_are_refused():
    packed = Marks.pack({"a": (1, 2, 3, 4, 5, "x")}).packed
    for broken in (b"", packed[:10], packed[:-1], packed + b"\0"):
        with pytest.raises(ValueError, match=r"."):
            Marks(broken)


def test_a_path_that_is_not_there_has_no_mark():
    marks = Marks.pack({"a": (1, 2, 3, 4, 5, "x")})
    assert "b" not in marks
    assert marks.get("b") is None
    assert marks["a"] == (1, 2, 3, 4, 5, "x")
