"""One file a bench: a function `suite(world)` that yields contests. See bench/README.md."""
