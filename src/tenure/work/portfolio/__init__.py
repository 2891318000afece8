"""The team's portfolio: what each tier is owed, what that takes, who looks after whom."""
