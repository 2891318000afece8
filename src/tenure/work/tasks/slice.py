"""What tasks: work for people is made of."""

from __future__ import annotations

from tenure.core.slices import AccountPanel, Api, Command, Slice, Tick, Urls

SLICE = Slice(
    name="tasks",
    package="tenure.work.tasks",
    policies=("settings.documents",),
    erasure=("erasing.PART",),
    ticks=(
        Tick("tasks", "periodic_tasks.tick", 60.0),
        Tick("tasks_tidy", "periodic_tasks.tidy", 3600.0),
    ),
    handlers={"events:tenure.cancel_help_wanted": ("promises.on_help_wanted",)},
    sweep="promises.sweep",
    urls=(Urls("today/", "pages.urls"),),
    endpoints=(Api("tasks", "api.endpoints"),),
    commands=(Command("tasks", "cli", "List tasks, end and snooze them.", 190),),
    account_panels=(
        AccountPanel(
            "tasks", "Tasks", "tasks.view", "pages.account_panel.panel", "tasks/panel.html", 60
        ),
    ),
)
