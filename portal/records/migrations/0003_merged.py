from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0002_revision")]

    operations = [
        migrations.AlterField(
            model_name="revision",
            name="action",
            field=models.CharField(
                choices=[
                    ("before", "As it was before the first change"),
                    ("entered", "Entered"),
                    ("changed", "Changed"),
                    ("reverted", "Brought back"),
                    ("loaded", "Corrected in the collection"),
                    ("deleted", "Deleted"),
                    ("merged", "Merged"),
                ],
                max_length=10,
                verbose_name="what happened",
            ),
        ),
    ]
