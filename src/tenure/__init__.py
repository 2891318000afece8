"""Tenure: self-hosted customer success and retention."""

__version__ = "0.1.0"
