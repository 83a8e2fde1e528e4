"""What add-ons, attachments and their config vars are called, and where servers are looked for."""

from pathlib import Path

import pytest

from slugc.addons import locate, names
from slugc.addons.postgresql import PostgreSQL
from slugc.addons.redis import Redis
from slugc.addons.service import Access
from slugc.errors.addons import ServerMissing, UnknownService

ACCESS = Access(port=5433, user="u1", password="pw", database="d1")


def test_a_name_in_use_is_not_given_again() -> None:

    def choose(options: object) -> str:
        return next(answers)

    answers = iter([*"12345", "calm", *"54321", "wise"])
    assert names.addon_name("redis", taken={"redis-calm-12345"}, choose=choose) == "redis-wise-54321"


def test_the_first_database_is_database_url_and_the_next_has_a_colour() -> None:
    first = names.attachment_name("postgresql", "DATABASE", config=(), choose=lambda options: options[0])
    second = names.attachment_name("postgresql", "DATABASE", config={"DATABASE_URL"}, choose=lambda o: o[0])
    third = names.attachment_name(
        "postgresql", "DATABASE", config={"DATABASE_URL", "POSTGRESQL_AMBER_URL"}, choose=lambda o: o[0]
    )
    assert [names.variable(name) for name in (first, second, third)] == [
        "DATABASE_URL",
        "POSTGRESQL_AMBER_URL",
        "POSTGRESQL_AQUA_URL",
    ]


@pytest.mark.parametrize("given", ["postgresql", "postgres", "heroku-postgresql", "heroku-postgresql:hobby-dev"])
def test_the_names_that_apps_in_the_wild_ask_for_reach_the_service(given: str) -> None:
    assert locate.service_of(given).name == "postgresql"


def test_an_unknown_service_names_the_known_ones() -> None:
    with pytest.raises(UnknownService) as caught:
        locate.service_of("memcachier")
    assert "redis" in caught.value.detail


def test_a_missing_server_names_the_package_that_has_it() -> None:
    with pytest.raises(ServerMissing) as caught:
        locate.bin_folder(Redis(), which=lambda _: None, exists=lambda _: False)
    assert caught.value.hint == "Install it with: apt-get install redis-server"
    assert "/usr/bin" in caught.value.detail


def test_debians_own_folder_is_found_without_anything_on_path(tmp_path: Path) -> None:
    folder = Path("/usr/bin")
    found = locate.bin_folder(Redis(), which=lambda _: None, exists=lambda path: path == folder / "redis-server")
    assert found == folder


@pytest.mark.parametrize("service", [PostgreSQL(), Redis()])
def test_no_command_line_shows_the_password(service: PostgreSQL | Redis) -> None:
    lines = [service.argv(ACCESS, Path("/bin")), *(step.argv for step in service.steps(ACCESS, Path("/bin")))]
    assert not [word for line in lines for word in line if "pw" in word.replace("pwfile", "")]
    assert "pw" in service.url(ACCESS)


@pytest.mark.parametrize("name", ["a", "1A", "A-B", "", "HEROKU_X"])
def test_an_attachment_that_could_not_be_a_config_var_is_refused(name: str) -> None:
    assert names.attachment_problem(name)
