"""What is to be done in billing moves to the outbox of all programs, under the keys that the
billing systems know. Leases go with it: an act that a process was at is done again by the next."""

from django.db import migrations

KEPT = ("account_id", "subscription_id", "what", "terms", "state", "asked_at", "due_at",
        "lease_until", "tries", "done_at", "detail", "by")


def to_billing(apps, schema_editor):
    old, new = apps.get_model("cancel", "Act"), apps.get_model("billing", "Act")
    moved = {}
    for row in old.objects.order_by("pk").iterator(chunk_size=500):
        key, _, round_ = row.key.partition("#")
        if ":undo" in round_:  # undoes an act that was tried again: its key is its own
            key, round_ = row.key, ""
        moved[row.pk] = new.objects.create(
            key=key, round=int(round_ or 1), program="cancel", subject=str(row.visit_id),
            undoes=moved.get(row.undoes_id), planned=row.what == "resume",
            **{name: getattr(row, name) for name in KEPT},
        )


def from_billing(apps, schema_editor):
    old, new = apps.get_model("cancel", "Act"), apps.get_model("billing", "Act")
    moved = {}
    for row in new.objects.filter(program="cancel").order_by("pk").iterator(chunk_size=500):
        key = row.key if row.round == 1 else f"{row.key}#{row.round}"
        moved[row.pk] = old.objects.create(
            key=key[:200], visit_id=int(row.subject), undoes=moved.get(row.undoes_id),
            **{name: getattr(row, name) for name in KEPT},
        )
    new.objects.filter(program="cancel").delete()


class Migration(migrations.Migration):

    dependencies = [("cancel", "0002_first_signal_later"), ("billing", "0001_initial")]

    operations = [migrations.RunPython(to_billing, from_billing)]
