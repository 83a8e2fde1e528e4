"""Members become shards layer by layer, whatever order the walk meets the layers in."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from slugc.model.slug import LayerKind
from slugc.slug import headers
from slugc.slug.layout import LayerPlan, Layout
from slugc.slug.shards import MAX_BYTES, MAX_ENTRIES, Cutter, Shard
from slugc.slug.walk import Entry

SIZES = st.lists(st.integers(0, 3 << 20) | st.just(0) | st.just(20 << 20), max_size=60)


def _files(sizes) -> list[Entry]:
    return [Entry(b"app/%05d" % number, headers.FILE, 0o644, size) for number, size in enumerate(sizes)]


def _cut(entries: list[Entry]) -> list[Shard]:
    cutter = Cutter(0)
    return [shard for entry in entries for shard in cutter.add(entry)] + cutter.end()


@given(sizes=SIZES)
def test_every_member_is_in_one_shard_and_every_byte_of_a_large_file_in_one_piece(sizes):
    entries = _files(sizes)
    shards = _cut(entries)
    assert [shard.number for shard in shards] == list(range(len(shards)))
    assert [member for shard in shards if not shard.continued for member in shard.members] == entries
    for entry in entries:
        pieces = [(shard.offset, shard.length) for shard in shards if entry in shard.members]
        if entry.size > MAX_BYTES:
            assert sum(length for _, length in pieces) == entry.size
            assert [offset for offset, _ in pieces] == list(range(0, entry.size, MAX_BYTES))
        else:
            assert pieces == [(0, -1)]


def test_ten_thousand_small_files_are_not_one_shard():
    assert max(len(shard.members) for shard in _cut(_files([10] * 10_000))) <= MAX_ENTRIES


def test_a_new_member_disturbs_its_own_shard_only():
    entries = _files([20_000] * 5_000)
    before = {tuple(shard.members) for shard in _cut(entries)}
    after = {
        tuple(shard.members) for shard in _cut([*entries[:2500], Entry(b"app/02499x", b"0", 0o644, 7), *entries[2500:]])
    }
    assert len(before - after) <= 2
    assert len(before) > 20


@given(sizes=SIZES)
def test_a_shard_arrives_as_it_was_sent(sizes):
    odd = [
        Entry(b"app/a\nb\xff", headers.LINK, 0o777, 0, b"x\n"),
        Entry(b"app/m.pyc", headers.FILE, 0o644, 9, b"", b"12345678"),
    ]
    for shard in _cut([*odd, *_files(sizes)]):
        arrived = pickle.loads(pickle.dumps(shard))
        assert arrived == shard


def test_layers_are_told_in_their_order_and_only_those_with_members():
    plans = [
        LayerPlan(name=name, owner="x", kind=kind)
        for name, kind in (
            ("source", LayerKind.APP),
            ("empty", LayerKind.DEPENDENCIES),
            ("python", LayerKind.RUNTIME),
        )
    ]
    layout = Layout(plans, {b"app/00000": 2, b"app/00002": 2, b"app/00001": 0, b"app/00003": 0})
    shards = list(layout.shards([*_files([5, 6, 7, 8]), Entry(b"app/z", headers.FOLDER, 0o755, 0)]))
    assert layout.whole
    assert [plans[layer].name for layer in layout.order] == ["python", "source"]
    assert {plans[shard.layer].name: [member[3] for member in shard.members] for shard in shards} == {
        "python": [5, 7, 0],
        "source": [6, 8],
    }
    assert (layout.held[2].files, layout.held[2].members, layout.held[2].size) == (2, 3, 12)
    assert layout.size == 26
