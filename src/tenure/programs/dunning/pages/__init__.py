"""The pages of dunning."""
