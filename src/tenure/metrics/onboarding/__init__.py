"""How customers begin, as the workspace's facts tell it."""
