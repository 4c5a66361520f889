from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("caselaw", "0004_attachments")]

    operations = [
        migrations.AddField(
            model_name="lawapplied",
            name="not_held",
            field=models.BooleanField(
                default=False,
                verbose_name="no such law here",
            ),
        ),
        migrations.AddConstraint(
            model_name="lawapplied",
            constraint=models.CheckConstraint(
                condition=models.Q(("law", None), ("not_held", False), _connector="OR"),
                name="law_applied_is_held_or_not",
            ),
        ),
    ]
