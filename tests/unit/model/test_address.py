"""What people and manifests see of an address."""

import pytest

from slugc.model.address import shown


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("https://me:s3cret@example.com/a.git#v1", "https://example.com/a.git#v1"),
        ("https://t0ken@example.com:8443/a.git", "https://example.com:8443/a.git"),
        ("git+https://me:p@ss:word@example.com/a", "git+https://example.com/a"),
        ("ssh://git@example.com/a.git", "ssh://git@example.com/a.git"),
        ("git+ssh://git:s3cret@example.com/a.git", "git+ssh://git@example.com/a.git"),
        ("https://example.com/p.tgz?signature=s3cret#sha256=00", "https://example.com/p.tgz?...#sha256=00"),
        ("https://example.com/@scope/p.tgz", "https://example.com/@scope/p.tgz"),
        ("git@example.com:a/b.git", "git@example.com:a/b.git"),
        ("./a@b?c", "./a@b?c"),
    ],
)
def test_logins_and_queries_stay_out_of_sight(address: str, seen: str) -> None:
    assert shown(address) == seen
    assert shown(seen) == seen
