"""From a file to rows or reasons: keep the bytes, read, tidy, translate, resolve places, parse, check.

Imports `schemas` only; never opens a database.
"""
