"""Leading indicators: figures on a cadence, what was to be expected of them, and when to tell."""
