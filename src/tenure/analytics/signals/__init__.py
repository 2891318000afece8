"""Signals: declared in TOML, compiled to one query, computed as of any moment."""
