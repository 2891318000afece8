"""Addresses below ``/today/``: one task and what is done with it."""

from __future__ import annotations

from django.urls import path

from tenure.work.tasks.pages import acting, detail, making

urlpatterns = [
    path("new/", making.new, name="task_new"),
    path("tasks/<int:pk>/", detail.task, name="task"),
    path("tasks/<int:pk>/outcome/", acting.outcome, name="task_outcome"),
    path("tasks/<int:pk>/snooze/", acting.snooze, name="task_snooze"),
    path("tasks/<int:pk>/take/", acting.take, name="task_take"),
    path("tasks/<int:pk>/hand-over/", acting.hand_over, name="task_hand_over"),
    path("tasks/<int:pk>/mark/", acting.mark, name="task_mark"),
]
