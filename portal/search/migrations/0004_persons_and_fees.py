from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0003_one_row_of_bits'),
    ]

    operations = [
        # Documents carry tokens of persons and of fees now; `manage.py prepare` or `reindex` makes
        # them anew.
        migrations.RunSQL(
            "TRUNCATE search_document, search_identifier, search_facet_bits",
            migrations.RunSQL.noop,
        ),
    ]
