from slugc.compile.owners import SOURCE, Ownership, kind, layers
from slugc.model.slug import LayerKind


def test_each_file_belongs_to_whoever_made_or_last_changed_it(tmp_path):
    for name in ("app.py", "Procfile", "gone"):
        (tmp_path / name).write_text(name)
    ownership = Ownership(tmp_path)
    ownership.begin()
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "a.js").write_text("1")
    (tmp_path / "Procfile").write_text("changed")
    ownership.settle(0)
    (tmp_path / "node_modules" / "a.js").write_text("22")
    (tmp_path / "gone").unlink()
    (tmp_path / "built.css").write_text("")
    ownership.settle(1)
    assert ownership.owners == {"node_modules": 0, "node_modules/a.js": 1, "Procfile": 0, "built.css": 1}


def test_a_file_that_was_removed_again_has_no_owner(tmp_path):
    ownership = Ownership(tmp_path)
    ownership.begin()
    (tmp_path / "x").write_text("")
    ownership.settle(0)
    (tmp_path / "x").unlink()
    ownership.settle(1)
    assert ownership.owners == {}


def test_what_a_buildpack_declares_goes_before_old_custom():
    declared = {".heroku/python/lib/python3.11/site-packages": "dependencies", ".heroku": "runtime"}
    assert kind(".heroku/python/bin/python", declared) is LayerKind.RUNTIME
    assert kind(".heroku/python/lib/python3.11/site-packages/flask", declared) is LayerKind.DEPENDENCIES
    assert kind(".heroku/node/bin/node", {}) is LayerKind.RUNTIME
    assert kind(".herokuish", {}) is LayerKind.DEPENDENCIES
    assert kind("vendor/bundle/x", {}) is LayerKind.DEPENDENCIES


def test_a_layer_is_named_by_position_and_buildpack():
    found = layers({"a": 0, ".jdk/x": 1}, ["slugc/node", "java"], [{}, {}])
    names = [plan.name for plan in found.plans]
    assert names == ["1-node-runtime", "1-node-dependencies", "2-java-runtime", "2-java-dependencies", "app"]
    assert [names[found.index[path]] for path in ("a", ".jdk/x")] == ["1-node-dependencies", "2-java-runtime"]
    assert found.plans[-1].owner == SOURCE
