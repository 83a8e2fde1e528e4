"""The Python buildpack: compile.py tells the story, every other module one of its sentences."""
