"""Stage `compile`: the buildpacks transform the tree, in order. run.py is the stage; inputs.py is what must be known
before it, and is kept free of what only a build needs."""
