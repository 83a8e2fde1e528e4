"""Opening a workshop: the sandbox, the stack and the caller's allowance put together for one build's children."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from slugc.buildpack import Job, Workshop, interpreters
from slugc.host import processes
from slugc.host.home import Home
from slugc.host.processes import Completed, OnLine
from slugc.model.build import BuildRequest, SourceTree
from slugc.sandbox import environment
from slugc.sandbox.spec import Engine, SandboxSpec
from slugc.stack import Stack
from slugc.stack.host_stack import NAME as HOST


def open_workshop(
    request: BuildRequest,
    tree: SourceTree,
    *,
    stack: Stack,
    engine: Engine,
    home: Home,
    work: Path,
    environ: Mapping[str, str],
) -> Workshop:
    """`work` is the build's scratch folder; the tree stands at work/tree/app."""
    handed_on = environment.hand_on(environ)

    def spec(job: Job) -> SandboxSpec:
        return SandboxSpec(
            argv=job.argv,
            cwd=job.cwd,
            env=job.env,
            mounts=(*stack.mounts("build"), *job.mounts),
            network=request.network,
        )

    def run(job: Job, on_line: OnLine) -> Completed:
        return processes.run(engine.command(spec(job)), on_line=on_line, timeout=job.timeout)

    shop = Workshop(
        app=tree.root,
        layers=tree.root.parent / "layers",
        cache=work / "cache",
        scratch=work / "shop",
        config=request.config,
        environment=handed_on.env,
        mounts=handed_on.mounts,
        stack=stack.record,
        source_version=tree.record.commit or tree.record.digest,
        mtime=tree.mtime,
        timeout=request.timeout,
        network=request.network,
        runtimes=home.runtimes,
        runtime_source=request.runtime_source,
        interpreters=interpreters.installed(environ) if stack.name == HOST else {},
        walls=engine.name != "none",
        strict=request.strict,
        target=request.target,
        run=run,
        outside=lambda job, path: engine.outside(spec(job), path),
    )
    with contextlib.suppress(FileExistsError):
        shop.scratch.mkdir(parents=True)
    return shop
