import io
import os
import time
import zipfile

import pytest

from slugc_jvm import jars

EPOCH = 1_700_000_000


def jar(path, entries, *, moment, stored=False):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as made:
        for name, data in entries:
            info = zipfile.ZipInfo(name, time.gmtime(moment)[:6])
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            made.writestr(info, data)
    return path


ENTRIES = [("META-INF/MANIFEST.MF", b"Main-Class: shop.Main\n"), ("shop/Main.class", os.urandom(3000)), ("é.txt", b"x")]


def test_two_jars_made_at_different_times_become_the_same(tmp_path):
    one = jar(tmp_path / "one.jar", ENTRIES, moment=EPOCH)
    two = jar(tmp_path / "two.jar", ENTRIES, moment=EPOCH + 9999)
    assert one.read_bytes() != two.read_bytes()
    assert jars.normalise(one, epoch=EPOCH)
    assert jars.normalise(two, epoch=EPOCH)
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as opened:
        assert opened.testzip() is None
        assert {info.filename: opened.read(info) for info in opened.infolist()} == dict(ENTRIES)
        assert {info.date_time for info in opened.infolist()} == {time.gmtime(EPOCH)[:6]}


def test_entries_in_another_order_become_the_same_with_the_manifest_first(tmp_path):
    one = jar(tmp_path / "one.jar", ENTRIES, moment=EPOCH)
    two = jar(tmp_path / "two.jar", ENTRIES[::-1], moment=EPOCH)
    for each in (one, two):
        assert jars.normalise(each, epoch=EPOCH, in_order=True)
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as opened:
        assert opened.namelist()[0] == "META-INF/MANIFEST.MF"


@pytest.mark.parametrize("in_order", [False, True])
def test_the_order_of_a_jar_of_jars_is_kept(tmp_path, in_order):
    nested = [("b.jar", b"second"), ("a.jar", b"first")]
    made = jar(tmp_path / "one.jar", nested, moment=EPOCH, stored=True)
    jars.normalise(made, epoch=EPOCH, in_order=in_order)
    with zipfile.ZipFile(made) as opened:
        assert opened.namelist() == ["b.jar", "a.jar"]
        assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}


def test_the_date_in_pom_properties_is_left_out(tmp_path):
    name = "META-INF/maven/shop/shop/pom.properties"
    made = jar(tmp_path / "one.jar", [(name, b"#Leiningen\n#Mon Nov 23 11:04:05 UTC 2026\nversion=1\n")], moment=EPOCH)
    jars.normalise(made, epoch=EPOCH)
    with zipfile.ZipFile(made) as opened:
        assert opened.read(name) == b"#Leiningen\nversion=1\n"


def test_a_jar_that_is_a_script_too_stays_one(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as made:
        made.writestr("x", "y")
    script = b"#!/bin/sh\nexec java -jar $0\n"
    path = tmp_path / "one.jar"
    path.write_bytes(script + inner.getvalue())
    path.chmod(0o755)
    assert jars.normalise(path, epoch=EPOCH)
    assert path.read_bytes().startswith(script)
    assert path.stat().st_mode & 0o777 == 0o755
    with zipfile.ZipFile(path) as opened:
        assert opened.read("x") == b"y"


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\x05\x06broken"])
def test_what_is_no_zip_file_stays_as_it_is(tmp_path, data):
    path = tmp_path / "one.jar"
    path.write_bytes(data)
    assert not jars.normalise(path, epoch=EPOCH)
    assert path.read_bytes() == data


def test_compiled_clojure_is_newer_than_its_source(tmp_path):
    names = ["shop/main.clj", "shop/main__init.class", "shop/main$fn__1.class", "shop/Plain.class"]
    made = jar(tmp_path / "app.jar", [(name, b"x") for name in names], moment=EPOCH - 500)
    assert jars.normalise(made, epoch=EPOCH)
    with zipfile.ZipFile(made) as opened:
        times = {info.filename: info.date_time for info in opened.infolist()}
    later = time.gmtime(EPOCH + 2)[:6]
    assert times == {name: later if name.endswith(".class") else time.gmtime(EPOCH)[:6] for name in names}
