"""Revenue from subscription history: MRR movements, retention figures, cohorts, survival, LTV."""
