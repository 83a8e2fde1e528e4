"""Errors a caller can act on; one module a family. docs/reference/errors.md is generated from these classes."""

from slugc.errors.root import (
    CacheError,
    CompileError,
    DetectError,
    DynoError,
    LedgerError,
    RouterError,
    SlugcError,
    SlugError,
    SourceError,
    UsageError,
)

__all__ = [
    "CacheError",
    "CompileError",
    "DetectError",
    "DynoError",
    "LedgerError",
    "RouterError",
    "SlugError",
    "SlugcError",
    "SourceError",
    "UsageError",
]
