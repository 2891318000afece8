"""The kinds of jobs of health: what is enqueued, apart from who does it."""

SCORE, VALIDATE, TRIAL = "health.score", "health.validate", "health.trial"
TRAIN, WATCH = "health.train", "health.watch"
