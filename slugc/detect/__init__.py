"""Stage `detect`: which buildpacks build this app. candidates.py names them, resolve.py asks them."""
