"""What texts of customers tell, worked out on this machine."""
