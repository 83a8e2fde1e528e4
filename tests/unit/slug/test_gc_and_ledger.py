"""`slugc gc` asks the ledger what releases name."""

from datetime import UTC, datetime, timedelta

from slugc import api
from slugc.host.clock import SystemClock
from slugc.host.home import Home
from slugc.ledger.changes import Deploy
from slugc.ledger.store import FILE_NAME, Ledger
from slugc.slug.store import SlugStore


class Later(SystemClock):
    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(hours=1)


def test_a_slug_that_a_release_names_stays(tree, packed, tmp_path):
    home = Home(tmp_path / "home")
    store = SlugStore(home)
    released = store.add(packed(tree).path).manifest.digest
    (tree / "app" / "Procfile").write_text("web: other\n")
    free = store.add(packed(tree).path).manifest.digest
    ledger = Ledger(home.state / FILE_NAME, clock=SystemClock())
    ledger.create_app("shop", user="test")
    ledger.append("shop", Deploy(slug=released), user="test")
    ledger.close()
    report = api.collect_garbage(budget=0, home=home, clock=Later())
    assert (report.slugs, report.kept) == ((free,), {released: "a release uses it"})
    assert list(home.trash.iterdir()) == []
