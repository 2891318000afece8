"""Larkspur, the simulated company everyone can try Tenure on; see ``docs/demo.md``."""
