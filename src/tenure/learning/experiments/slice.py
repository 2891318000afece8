"""What experiments is made of."""

from __future__ import annotations

from tenure.core.slices import Api, Command, NavEntry, Slice, Urls

SLICE = Slice(
    name="experiments",
    package="tenure.learning.experiments",
    urls=(Urls("experiments/", "pages.urls"),),
    endpoints=(Api("experiments", "api.endpoints"),),
    commands=(
        Command(
            "experiment", "cli.experiment", "Size an experiment, and judge it from a file.", 180
        ),
    ),
    navigation=(NavEntry("Experiments", "flask", "/experiments/", "experiments.view", 130),),
)
