"""SOURCE KEPT: is the source what it was when KEPT was written? Without KEPT, write it."""

import os
import sys
import time
from pathlib import Path

from slugc.cache import BuildCache, Remembered
from slugc.host import garbage
from slugc.host.home import Home
from slugc.model.inputs import Inputs
from slugc.source import locate, survey

garbage.short_lived()  # as the command line does

source, kept = sys.argv[1:]
cache = BuildCache(home=Home(Path(kept)), app="bench")
known = cache.recall()
state = survey(locate(source), known=known.inputs.source if known else None, now_ns=time.time_ns(), environ=os.environ)
if known is None:
    inputs = Inputs(
        slugc="", source=state, references=(), buildpacks=(), stack="", isolation="", config={}, reads=None,
        environment={}, options={},
    )  # fmt: skip
    cache.remember(Remembered(inputs=inputs, slug="", salt=""))
elif state is not known.inputs.source and state.identity != known.inputs.source.identity:
    raise SystemExit("the source has changed")
