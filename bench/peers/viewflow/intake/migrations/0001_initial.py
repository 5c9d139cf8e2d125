"""The process has no table of its own."""

from django.db import migrations


class Migration(migrations.Migration):
    """As `makemigrations` writes it."""

    initial = True
    dependencies = [("viewflow", "0015_task_scheduled")]
    operations = [
        migrations.CreateModel(
            name="IntakeProcess",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=("viewflow.process",),
        ),
    ]
