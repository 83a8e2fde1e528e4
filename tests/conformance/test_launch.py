"""How a process of a slug is started: choice, arguments, exec.d, profile scripts, working directory."""

import pytest

SECTION = "platform.md: launcher"
# A process that shows what it was given, one word a line.
SHOW = 'program l/bin/show <<"S"\n#!/bin/sh\nfor w; do echo "[$w]"; done\nS\n'
LAYER = "layer l launch\n"


def one(lab, build: str, **options):
    return lab.build(lab.pack("a", LAYER + build, **options))


@pytest.mark.spec(SECTION)
def test_a_command_is_executed_directly_and_not_by_a_shell(lab) -> None:
    built = one(lab, SHOW + "process p show '$HOME' 'a  b' ';' '*'")
    assert built.run("p") == (0, "[$HOME]\n[a  b]\n[;]\n[*]")


@pytest.mark.spec(SECTION)
def test_a_command_is_found_in_the_path_of_the_layers(lab) -> None:
    assert one(lab, SHOW + "process p show x").run("p") == (0, "[x]")


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
def test_arguments_of_the_user_take_the_place_of_args_and_never_of_command(lab) -> None:
    toml = "cat > $L/launch.toml <<'T'\n[[processes]]\ntype='p'\ncommand=['show', 'fixed']\nargs=['default']\nT\n"
    built = one(lab, SHOW + toml)
    assert built.run("p") == (0, "[fixed]\n[default]")
    assert built.run("p", "mine", "too") == (0, "[fixed]\n[mine]\n[too]")


@pytest.mark.spec("buildpack.md: API Compatibility")
def test_before_api_0_9_arguments_of_the_user_are_appended(lab) -> None:
    toml = "cat > $L/launch.toml <<'T'\n[[processes]]\ntype='p'\ncommand='show'\nargs=['fixed']\ndirect=true\nT\n"
    assert one(lab, SHOW + toml, api="0.8").run("p", "mine") == (0, "[fixed]\n[mine]")


@pytest.mark.spec("buildpack.md: API Compatibility")
def test_before_api_0_9_a_process_is_shell_text(lab) -> None:
    toml = "cat > $L/launch.toml <<'T'\n[[processes]]\ntype='p'\ncommand='X=1; echo $X | cat; show \"$WHO\"'\nT\n"
    assert one(lab, SHOW + toml, api="0.8").run("p", env={"WHO": "a b"}) == (0, "1\n[a b]")


@pytest.mark.spec("buildpack.md: API Compatibility")
def test_before_api_0_9_arguments_of_a_shell_process_are_expanded_once(lab) -> None:
    toml = "cat > $L/launch.toml <<'T'\n[[processes]]\ntype='p'\ncommand='show'\nargs=['$WHO', 'x y']\nT\n"
    assert one(lab, SHOW + toml, api="0.8").run("p", env={"WHO": "a $HOME"}) == (0, "[a $HOME]\n[x y]")


@pytest.mark.spec(SECTION)
def test_a_command_of_the_users_own_sees_the_layers_too(lab) -> None:
    built = one(lab, SHOW + "put l/env/X value")
    assert built.run("show", "$X", "a b") == (0, "[$X]\n[a b]")
    assert built.run('show "$X"') == (0, "[value]")


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
def test_a_working_directory_of_its_own(lab) -> None:
    toml = "cat > $L/launch.toml <<'T'\n[[processes]]\ntype='p'\ncommand=['pwd']\nworking-dir='/app/sub'\nT\n"
    assert one(lab, "mkdir /app/sub; " + toml).run("p") == (0, "/app/sub")


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
@pytest.mark.parametrize("more", ["", 'program l/exec.d/x <<< "#!/bin/sh"; layer l launch;'])
def test_a_relative_working_directory_is_one_of_the_app(lab, more: str) -> None:
    toml = "cat > $L/launch.toml <<'T'\n[[processes]]\ntype='p'\ncommand=['pwd']\nworking-dir='sub'\nT\n"
    assert one(lab, f"mkdir /app/sub; {more}" + toml).run("p") == (0, "/app/sub")


@pytest.mark.spec(SECTION)
def test_the_app_folder_is_the_working_directory_else(lab) -> None:
    assert one(lab, "process p pwd").run("p") == (0, "/app")


EXEC = 'program l/exec.d/{name} <<"S"\n#!/bin/bash\n{body}\nS\n'


def exec_d(body: str, name: str = "run") -> str:
    return EXEC.format(name=name, body=body)


@pytest.mark.spec("buildpack.md: exec.d")
def test_exec_d_sets_variables_through_descriptor_3(lab) -> None:
    built = one(lab, exec_d("echo 'X = \"a b\"' >&3; echo Y = \"'\\$HOME'\" >&3") + "process p sh -c 'echo $X/$Y'")
    assert built.run("p") == (0, "a b/$HOME")


@pytest.mark.spec("buildpack.md: exec.d")
def test_exec_d_replaces_what_was_there(lab) -> None:
    built = one(lab, "put l/env/X layer\n" + exec_d("echo \"X='got $X'\" >&3") + "process p sh -c 'echo $X'")
    assert built.run("p") == (0, "got layer")


@pytest.mark.spec("buildpack.md: exec.d")
def test_exec_d_programs_run_in_order_and_see_the_ones_before(lab) -> None:
    body = (
        exec_d("echo \"X='1'\" >&3", "a")
        + exec_d("echo \"X='${X}2'\" >&3", "b")
        + exec_d("echo \"X='${X}3'\" >&3", "p/c")
    )
    assert one(lab, body + "process p sh -c 'echo $X'; process q sh -c 'echo $X'").run("p") == (0, "123")


@pytest.mark.spec("buildpack.md: exec.d")
def test_exec_d_of_a_process_type_runs_for_it_alone(lab) -> None:
    built = one(lab, exec_d("echo \"X='only'\" >&3", "p/c") + "process p sh -c 'echo $X'; process q sh -c 'echo [$X]'")
    assert built.run("p") == (0, "only")
    assert built.run("q") == (0, "[]")


@pytest.mark.spec("buildpack.md: exec.d")
def test_exec_d_runs_in_the_app_folder_and_its_output_passes_through(lab) -> None:
    built = one(lab, exec_d("pwd; echo err >&2") + "process p echo done")
    assert built.run("p") == (0, "/app\ndone\nerr")


@pytest.mark.spec("buildpack.md: exec.d")
@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param("exit 3", "status 3", id="exit-code"),
        pytest.param("echo X = 1 >&3", "no string", id="number"),
        pytest.param("echo nonsense >&3", "no value", id="no-toml"),
        pytest.param("echo '[t]' >&3", "flat table", id="table"),
    ],
)
def test_a_launch_fails_with_82_where_exec_d_does(lab, body: str, why: str) -> None:
    status, output = one(lab, exec_d(body) + "process p echo never").run("p")
    assert status == 82
    assert why in output
    assert "never" not in output


@pytest.mark.spec("buildpack.md: exec.d")
def test_an_exec_d_file_that_is_not_executable_fails_the_launch(lab) -> None:
    status, output = one(lab, "put l/exec.d/plain text\nprocess p echo never").run("p")
    assert (status, "not executable" in output) == (82, True)


@pytest.mark.spec("buildpack.md: exec.d")
def test_exec_d_works_for_shell_processes_and_for_commands_of_the_users_own(lab) -> None:
    built = one(lab, exec_d("echo \"X='set'\" >&3"))
    assert built.run("echo $X") == (0, "set")
    assert built.run("sh", "-c", "echo $X") == (0, "set")


@pytest.mark.spec("buildpack.md: exec.d")
def test_what_exec_d_writes_into_the_app_is_there_for_the_process(lab) -> None:
    assert one(lab, exec_d("echo made > made") + "process p cat made").run("p") == (0, "made")


@pytest.mark.spec("buildpack.md: profile scripts")
def test_profile_scripts_of_layers_are_for_shell_processes_only(lab) -> None:
    shell = "[[processes]]\ntype='s'\ncommand='echo $X'\n"
    direct = "[[processes]]\ntype='d'\ncommand='sh'\nargs=['-c', 'echo [$X]']\ndirect=true\n"
    toml = f"cat > $L/launch.toml <<'T'\n{shell}{direct}T\n"
    built = one(lab, "put l/profile.d/x.sh 'export X=profile'\n" + toml, api="0.8")
    assert built.run("s") == (0, "profile")
    assert built.run("d") == (0, "[]")


@pytest.mark.spec("platform.md: launcher (.profile)")
def test_the_apps_own_profile_is_for_shell_processes_only(lab) -> None:
    pack = lab.pack("a", "process p sh -c 'echo [$X]'")
    built = lab.build(pack, app=lab.app({".profile": "export X=profile"}))
    assert built.run("p") == (0, "[]")
    assert built.run("echo $X") == (0, "profile")


DECLARED = "cat > $L/launch.toml <<'T'\n{}\nT\n"


def declared(*processes: tuple[str, bool]) -> str:
    return DECLARED.format(
        "\n".join(f"[[processes]]\ntype='{n}'\ncommand=['{n}']\ndefault={str(d).lower()}" for n, d in processes)
    )


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
def test_a_later_buildpack_wins_a_process_type_and_the_last_default_counts(lab) -> None:
    built = lab.build(
        lab.pack("a", declared(("web", True), ("job", False))), lab.pack("b", declared(("job", True), ("x", False)))
    )
    found = {p.name: (p.owner, p.default) for p in built.manifest.process_types}
    assert found == {"web": ("a", False), "job": ("b", True), "x": ("b", False)}
    assert built.metadata["buildpack-default-process-type"] == "job"


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
def test_a_default_that_is_declared_again_without_default_is_none(lab) -> None:
    built = lab.build(lab.pack("a", declared(("web", True))), lab.pack("b", declared(("web", False))))
    assert [p.default for p in built.manifest.process_types] == [False]
    assert any("no longer the default" in event.text for event in built.events if event.kind == "warning")


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
def test_two_defaults_in_one_file_are_an_error(lab) -> None:
    from slugc.errors.cloudnative import BuildOutputInvalid

    with pytest.raises(BuildOutputInvalid):
        lab.build(lab.pack("a", declared(("web", True), ("x", True))))


@pytest.mark.spec("buildpack.md: Execution Environments")
def test_a_process_of_another_execution_environment_is_not_there(lab) -> None:
    toml = DECLARED.format(
        "[[processes]]\ntype='t'\ncommand=['x']\nexec-env=['test']\n[[processes]]\ntype='p'\ncommand=['x']"
    )
    assert [p.name for p in lab.build(lab.pack("a", toml, api="0.12")).manifest.process_types] == ["p"]


@pytest.mark.spec(SECTION)
def test_secrets_stand_in_no_command_line(lab) -> None:
    body = exec_d("echo \"Y='exec secret'\" >&3") + "process p sh -c 'cat /proc/[0-9]*/cmdline | tr \\\\\\\\0 n'"
    status, output = one(lab, body).run("p", env={"X": "config secret"})
    assert status == 0
    assert "cmdline" in output
    assert "secret" not in output


@pytest.mark.spec(SECTION)
def test_a_slug_that_was_built_strictly_is_launched_strictly(lab) -> None:
    """Layers ascending in PATH, exec.d of all layers before those of the process type, one delimiter for a layer."""
    build = """
    for n in one two; do
      layer $n launch; mkdir $L/$n/bin; put $n/env/WORDS.delim -; put $n/env/WORDS.append $n
      put $n/env.launch/WORDS.append $n.launch
      for d in exec.d exec.d/p; do
        printf '#!/bin/sh\\necho "TRACE=\\047$TRACE %s\\047" >&3\\n' "$n/$d" | program $n/$d/run
      done
    done
    printf '#!/bin/sh\\necho "$PATH"; echo "$TRACE"; echo "$WORDS"\\n' | program one/show
    process p /layers/a/one/show
    """
    pack = lab.pack("a", build)
    path, trace, words = lab.build(pack).run("p")[1].splitlines()
    assert path.startswith("/layers/a/two/bin:/layers/a/one/bin:")
    assert trace.split() == ["one/exec.d", "one/exec.d/p", "two/exec.d", "two/exec.d/p"]
    assert words == "oneone.launch-twotwo.launch"
    path, trace, words = lab.build(pack, strict=True).run("p")[1].splitlines()
    assert path.startswith("/layers/a/one/bin:/layers/a/two/bin:")
    assert trace.split() == ["one/exec.d", "two/exec.d", "one/exec.d/p", "two/exec.d/p"]
    assert words == "one-one.launch-two-two.launch"
