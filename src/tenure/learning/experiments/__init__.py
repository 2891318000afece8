"""Experiments kept: what was asked before the start, who was in which arm, and what came out."""
