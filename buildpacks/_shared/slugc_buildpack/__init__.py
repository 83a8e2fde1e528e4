"""What the built-in buildpacks share. Standard library only: it runs with any python3 >= 3.11 of a build stack."""
