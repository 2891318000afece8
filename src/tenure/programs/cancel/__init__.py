"""Cancel flow: why a customer leaves, what may help, and an easy way out."""
