"""Groups, orders and plans with real bin/detect programs. The algorithm itself is held by property tests."""

import pytest

from slugc.errors.cloudnative import (
    BuildOutputInvalid,
    DescriptorInvalid,
    GroupErrored,
    NoGroupDetected,
    OrderLoops,
    OrderMemberMissing,
)


def provides(*names: str) -> str:
    return "\n".join(f'printf \'[[provides]]\\nname="{name}"\\n\' >> "$2"' for name in names) + "\n"


def requires(*names: str, metadata: str = "") -> str:
    text = f"[requires.metadata]\\n{metadata}\\n" if metadata else ""
    return "\n".join(f'printf \'[[requires]]\\nname="{name}"\\n{text}\' >> "$2"' for name in names) + "\n"


def ids(built) -> list[str]:
    return [record.id for record in built.manifest.buildpacks]


@pytest.mark.spec("buildpack.md: Order Resolution")
def test_every_named_buildpack_takes_part_in_the_order_of_the_list(lab) -> None:
    assert ids(lab.build(lab.pack("b"), lab.pack("a"))) == ["b", "a"]


@pytest.mark.spec("buildpack.md: Order Resolution")
def test_the_first_group_of_a_composite_that_passes_is_taken(lab) -> None:
    parts = [lab.pack("a", detect="exit 100"), lab.pack("b"), lab.pack("c")]
    assert ids(lab.build(lab.composite("any", "a\nb\nc", *parts))) == ["b"]


@pytest.mark.spec("buildpack.md: Order Resolution")
def test_a_composite_in_a_composite_is_expanded_in_its_place(lab) -> None:
    inner = lab.composite("inner", "b c", lab.pack("b"), lab.pack("c"))
    assert ids(lab.build(lab.composite("outer", "a inner d", lab.pack("a"), inner, lab.pack("d")))) == [
        "a", "b", "c", "d",
    ]  # fmt: skip


@pytest.mark.spec("buildpack.md: Order Resolution")
def test_an_optional_composite_may_fail_as_a_whole(lab) -> None:
    inner = lab.composite("inner", "b", lab.pack("b", detect="exit 100"))
    assert ids(lab.build(lab.composite("outer", "inner? a", inner, lab.pack("a")))) == ["a"]


@pytest.mark.spec("buildpack.md: Order Resolution")
def test_an_optional_buildpack_that_refuses_is_left_out(lab) -> None:
    assert ids(lab.build(lab.composite("x", "a b?", lab.pack("a"), lab.pack("b", detect="exit 100")))) == ["a"]


@pytest.mark.spec("buildpack.md: Order Resolution")
def test_a_group_needs_at_least_one_buildpack_that_passes(lab) -> None:
    with pytest.raises(NoGroupDetected):
        lab.build(lab.composite("x", "a?", lab.pack("a", detect="exit 100")))


@pytest.mark.spec("buildpack.md: Order Resolution")
def test_a_buildpack_that_two_groups_name_is_asked_once(lab) -> None:
    counting = lab.pack("a", detect="sleep 0.01; echo asked")
    parts = [counting, lab.pack("b", detect="exit 100"), lab.pack("c")]
    built = lab.build(lab.composite("x", "a b\na c", *parts))
    tried = [event.buildpack for event in built.events if event.kind == "detect.tried"]
    assert sorted(tried) == ["a", "b", "c"]


@pytest.mark.spec("buildpack.md: Order Resolution")
def test_an_order_that_names_nobody_known_is_an_error(lab) -> None:
    with pytest.raises(OrderMemberMissing) as caught:
        lab.build(lab.composite("x", "ghost", lab.pack("a")))
    assert "ghost" in caught.value.summary


@pytest.mark.spec("platform.md: detector exit codes")
def test_an_error_in_a_lost_group_does_not_stop_a_later_one(lab) -> None:
    parts = [lab.pack("a", detect="exit 9"), lab.pack("b")]
    assert ids(lab.build(lab.composite("x", "a\nb", *parts))) == ["b"]


@pytest.mark.spec("platform.md: detector exit codes")
def test_all_groups_lost_with_an_error_among_them_ends_with_21(lab) -> None:
    parts = [lab.pack("a", detect="exit 9"), lab.pack("b", detect="exit 100")]
    with pytest.raises(GroupErrored):
        lab.build(lab.composite("x", "a\nb", *parts))


@pytest.mark.spec("buildpack.md: Build Plan (TOML)")
def test_what_is_required_must_be_provided(lab) -> None:
    with pytest.raises(NoGroupDetected) as caught:
        lab.build(lab.pack("a", detect=requires("dep")))
    assert "a@1.0.0 requires dep" in caught.value.detail


@pytest.mark.spec("buildpack.md: Build Plan (TOML)")
def test_what_is_provided_must_be_required(lab) -> None:
    with pytest.raises(NoGroupDetected) as caught:
        lab.build(lab.pack("a", detect=provides("dep")))
    assert "a@1.0.0 provides unused dep" in caught.value.detail


@pytest.mark.spec("buildpack.md: Build Plan (TOML)")
def test_a_provider_must_stand_before_its_requirer(lab) -> None:
    with pytest.raises(NoGroupDetected):
        lab.build(lab.pack("a", detect=requires("dep")), lab.pack("b", detect=provides("dep")))
    assert lab.build(lab.pack("c", detect=provides("dep")), lab.pack("d", detect=requires("dep")))


@pytest.mark.spec("buildpack.md: Build Plan (TOML)")
def test_an_alternative_plan_is_tried(lab) -> None:
    detect = (
        requires("missing")
        + 'printf \'[[or]]\\n[[or.provides]]\\nname="own"\\n[[or.requires]]\\nname="own"\\n\' >> "$2"'
    )
    assert ids(lab.build(lab.pack("a", detect=detect))) == ["a"]


@pytest.mark.spec("buildpack.md: Build Plan (TOML)")
def test_a_plan_that_is_no_toml_is_an_error_of_detect(lab) -> None:
    with pytest.raises(GroupErrored) as caught:
        lab.build(lab.pack("a", detect='echo "[[" > "$2"'))
    assert "build plan" in caught.value.detail


@pytest.mark.spec("buildpack.md: Build Plan (TOML)")
def test_a_version_at_the_top_of_a_requirement_is_an_error(lab) -> None:
    with pytest.raises(GroupErrored):
        lab.build(lab.pack("a", detect='printf \'[[requires]]\\nname="x"\\nversion="1"\\n\' > "$2"'))


@pytest.mark.spec("buildpack.md: Buildpack Plan (TOML)")
def test_a_provider_gets_every_requirement_with_its_metadata(lab) -> None:
    provider = lab.pack("p", 'cat "$3"', detect=provides("dep"))
    user = lab.pack("u", 'test ! -s "$3"', detect=requires("dep", metadata='version = "1.2"\\nlist = [1, 2]'))
    output = lab.build(provider, user).output("p")
    assert 'name = "dep"' in output
    assert 'version = "1.2"' in output
    assert "list = [1, 2]" in output


@pytest.mark.spec("buildpack.md: Unmet Buildpack Plan Entries")
def test_a_met_entry_is_not_given_to_a_later_provider(lab) -> None:
    first = lab.pack("p", "", detect=provides("dep"))
    second = lab.pack("q", 'test ! -s "$3"', detect=provides("dep") + requires("dep"))
    assert lab.build(first, second)


@pytest.mark.spec("buildpack.md: Unmet Buildpack Plan Entries")
def test_an_unmet_entry_is_given_to_the_next_provider(lab) -> None:
    first = lab.pack("p", """printf '[[unmet]]\\nname="dep"\\n' > "$1/build.toml" """, detect=provides("dep"))
    second = lab.pack("q", 'grep -q dep "$3"', detect=provides("dep") + requires("dep"))
    assert lab.build(first, second)


@pytest.mark.spec("buildpack.md: Unmet Buildpack Plan Entries")
def test_an_unmet_name_that_was_not_in_the_plan_is_an_error(lab) -> None:
    with pytest.raises(BuildOutputInvalid):
        lab.build(lab.pack("p", """printf '[[unmet]]\\nname="other"\\n' > "$1/build.toml" """))


@pytest.mark.spec("buildpack.md: Targets")
def test_a_required_buildpack_for_another_system_is_an_error(lab) -> None:
    toml = '[[targets]]\nos = "linux"\narch = "amd64"\n[[targets.distros]]\nname = "ubuntu"\nversion = "24.04"\n'
    with pytest.raises(GroupErrored) as caught:
        lab.build(lab.pack("a", toml=toml))
    assert "ubuntu@24.04" in caught.value.detail
    assert lab.build(lab.pack("a", toml=toml), target="linux/amd64/ubuntu@24.04")


@pytest.mark.spec("buildpack.md: Targets")
@pytest.mark.parametrize(
    "toml",
    [
        pytest.param("", id="nothing"),
        pytest.param('[[targets]]\nos = "linux"\n', id="system-only"),
        pytest.param('[[stacks]]\nid = "*"\n', id="any-stack"),
        pytest.param('[[stacks]]\nid = "heroku-20"\n', id="a-stack-of-others"),
    ],
)
def test_targets_that_fit_this_machine(lab, toml: str) -> None:
    assert lab.build(lab.pack("a", toml=toml))


@pytest.mark.spec("buildpack.md: Execution Environments")
def test_a_buildpack_for_another_execution_environment_is_left_out(lab) -> None:
    other = lab.pack("a", "exit 1", api="0.12", head='exec-env = ["test"]')
    assert ids(lab.build(other, lab.pack("b", api="0.12", head='exec-env = ["production"]'))) == ["b"]


@pytest.mark.spec("buildpack.md: buildpack.toml (TOML)")
def test_an_invalid_buildpack_toml_names_file_line_and_key(lab) -> None:
    pack = lab.pack("a")
    (pack / "buildpack.toml").write_text('api = "0.10"\n[buildpack]\nid = "a"\nversion = "one"\n')
    with pytest.raises(DescriptorInvalid) as caught:
        lab.build(pack)
    assert (caught.value.line, caught.value.key) == (4, "buildpack.version")


@pytest.mark.spec("buildpack.md: buildpack.toml (TOML)")
def test_an_unknown_key_is_refused_only_where_strict(lab) -> None:
    pack = lab.pack("a", head='favourite-colour = "red"')
    assert lab.build(pack)
    with pytest.raises(DescriptorInvalid):
        lab.build(pack, strict=True)


@pytest.mark.spec("platform.md: order.toml (TOML)")
def test_a_folder_with_an_order_is_a_builder(lab) -> None:
    builder = lab.root / "builder"
    lab.write(builder, {"order.toml": '[[order]]\n[[order.group]]\nid = "b"\nversion = "1.0.0"\n'})
    lab.pack("b").rename(builder / "moved")
    (builder / "buildpacks/b").mkdir(parents=True)
    (builder / "moved").rename(builder / "buildpacks/b/1.0.0")
    assert ids(lab.build(builder)) == ["b"]


@pytest.mark.spec("buildpack.md: Detection")
def test_the_members_of_a_group_are_asked_at_the_same_time(lab) -> None:
    """Each waits for the other's mark in the shared /tmp: one after the other, neither would ever pass."""
    wait = 'touch "/tmp/$ME"; for n in $(seq 200); do [ -e "/tmp/$OTHER" ] && exit 0; sleep 0.05; done; exit 1'
    assert lab.build(lab.pack("a", detect=f"ME=a OTHER=b; {wait}"), lab.pack("b", detect=f"ME=b OTHER=a; {wait}"))


@pytest.mark.spec("platform.md: system.toml (TOML)")
def test_a_platforms_own_buildpacks_frame_every_group_of_a_builder(lab) -> None:
    builder = lab.root / "builder"
    order = '[[order]]\n[[order.group]]\nid = "mid"\n'
    system = '[[system.pre.buildpacks]]\nid = "first"\n[[system.post.buildpacks]]\nid = "last"\n'
    lab.write(builder, {"order.toml": order, "system.toml": system})
    for name in ("first", "mid", "last"):
        (builder / f"buildpacks/{name}").mkdir(parents=True)
        lab.pack(name).rename(builder / f"buildpacks/{name}/1.0.0")
    assert ids(lab.build(builder)) == ["first", "mid", "last"]


@pytest.mark.spec("buildpack.md: buildpack.toml (TOML)")
def test_a_change_in_a_part_of_a_package_is_a_reason_to_build(lab) -> None:
    part = lab.pack("a", "echo one")
    package = lab.composite("x", "a", part)
    lab.build(package)
    assert lab.build(package).result.reused
    lab.pack("a", "echo two")
    assert lab.build(package).output("a") == "two"


@pytest.mark.spec("buildpack.md: Order Resolution")
def test_an_order_that_holds_itself_is_named(lab) -> None:
    outer = lab.composite("outer", "inner", lab.composite("inner", "outer"))
    lab.write(
        lab.root / "packs/inner", {"package.toml": '[buildpack]\nuri = "."\n[[dependencies]]\nuri = "../outer"\n'}
    )
    with pytest.raises(OrderLoops) as caught:
        lab.build(outer)
    assert caught.value.members == ("outer@1.0.0", "inner@1.0.0", "outer@1.0.0")
    assert caught.value.exit_code == 22


@pytest.mark.spec("buildpack.md: Order Resolution")
def test_a_composite_may_stand_in_several_places_of_an_order(lab) -> None:
    inner = lab.composite("inner", "a", lab.pack("a", "echo a"))
    twice = lab.composite("twice", "inner b inner\ninner", inner, lab.pack("b", detect="exit 100"))
    assert [record.id for record in lab.build(twice).manifest.buildpacks] == ["a"]
