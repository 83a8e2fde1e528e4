"""The built-in buildpacks as a list: which of them an app of two languages may want besides the chosen one."""

import pytest

from slugc.buildpack import builtin


@pytest.mark.parametrize(
    ("chosen", "names", "others"),
    [
        ("node", ["package.json", "manage.py", "requirements.txt"], {"python": "requirements.txt"}),
        ("ruby", ["Gemfile", "package.json"], {"node": "package.json"}),
        ("node", ["package.json", "server.py", "pyproject.toml"], {}),
        ("java", ["pom.xml"], {}),
    ],
)
def test_a_file_of_another_language_names_its_buildpack(chosen, names, others):
    assert builtin.others(chosen, names) == others


def test_every_built_in_buildpack_has_a_sign():
    assert builtin.SIGNS.keys() == set(builtin.ORDER)
