"""Pages about accounts that left."""
