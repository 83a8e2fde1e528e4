"""docs/reference/slug.schema.json says what a slug's manifest is."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "docs" / "reference" / "slug.schema.json"


@pytest.mark.needs("zstd")
def test_a_real_manifest_fits_the_schema(tree, packed):
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    argv = ["tar", "--zstd", "-xOf", str(packed(tree).path), "./slug.json"]
    text = subprocess.run(argv, capture_output=True, check=True).stdout
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(json.loads(text))
    assert text.startswith(b'{\n "schema": 1,\n')
