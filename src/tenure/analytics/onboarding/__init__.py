"""How customers begin: milestones, activation, time to first value, and where they drop off."""
