"""What people have to do: tasks, and the portfolio of each colleague with its owed touches."""
