"""Digests: what moved, by mail or chat, each morning, week or month, to those who asked."""
