"""Privacy requests, erasures, certificates, holds; and what makes look-alike ids findable."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from dashboard.models.tenant import likeness


def fill_likeness(apps, _schema_editor):
    """The ids that are there already; a thousand at a time, because there may be millions."""
    Tenant = apps.get_model("dashboard", "Tenant")
    rows, batch = Tenant.objects.only("user_id").iterator(chunk_size=1_000), []
    for row in rows:
        row.likeness = likeness(row.user_id)
        batch.append(row)
        if len(batch) == 1_000:
            Tenant.objects.bulk_update(batch, ["likeness"])
            batch = []
    Tenant.objects.bulk_update(batch, ["likeness"])


class Migration(migrations.Migration):

    dependencies = [
        ('dashboard', '0003_audit_mended'),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="likeness",
            field=models.CharField(default="", editable=False, max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(fill_likeness, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="tenant",
            name="likeness",
            field=models.CharField(db_index=True, editable=False, max_length=64),
        ),
        migrations.CreateModel(
            name='Drill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('outcome', models.CharField(max_length=40)),
                ('residue', models.PositiveIntegerField(default=0)),
                ('unchecked', models.JSONField(default=list)),
                ('versions', models.JSONField(default=dict)),
                ('seconds', models.FloatField(default=0)),
                ('trouble', models.CharField(blank=True, max_length=255)),
            ],
            options={
                'ordering': ('-at',),
            },
        ),
        migrations.CreateModel(
            name='PrivacyRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('state', models.CharField(max_length=40)),
                ('channel', models.CharField(max_length=40)),
                ('reference', models.CharField(max_length=12)),
                ('tenant_digest', models.CharField(db_index=True, max_length=64)),
                ('ticket', models.CharField(blank=True, max_length=64)),
                ('ground', models.CharField(blank=True, max_length=40)),
                ('narrative', models.TextField(blank=True)),
                ('profile', models.CharField(max_length=40)),
                ('received_on', models.DateField()),
                ('received_note', models.CharField(blank=True, max_length=255)),
                ('identity_method', models.CharField(blank=True, max_length=40)),
                ('identity_label', models.CharField(blank=True, max_length=255)),
                ('identity_asked_on', models.DateField(null=True)),
                ('identity_proved_on', models.DateField(null=True)),
                ('pauses', models.JSONField(default=list)),
                ('identity_at', models.DateTimeField(null=True)),
                ('extended_on', models.DateField(null=True)),
                ('extended_by', models.PositiveSmallIntegerField(default=0)),
                ('extension_reason', models.CharField(blank=True, max_length=255)),
                ('due_on', models.DateField(db_index=True, null=True)),
                ('preview', models.JSONField(null=True)),
                ('pinned_digest', models.CharField(blank=True, max_length=64)),
                ('pinned_at', models.DateTimeField(null=True)),
                ('goes_on_after_change', models.BooleanField(default=False)),
                ('requested_label', models.CharField(max_length=255)),
                ('approved_label', models.CharField(blank=True, max_length=255)),
                ('approved_role', models.CharField(blank=True, max_length=255)),
                ('approved_digest', models.CharField(blank=True, max_length=64)),
                ('approved_at', models.DateTimeField(null=True)),
                ('scheduled_for', models.DateTimeField(null=True)),
                ('blocked_from', models.CharField(blank=True, max_length=40)),
                ('decision_code', models.CharField(blank=True, max_length=40)),
                ('decision_reason', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='Freeze',
            fields=[
                ('user_id', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('since', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='BulkErasure',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('file_name', models.CharField(max_length=255)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('requested_label', models.CharField(max_length=255)),
                ('approved_label', models.CharField(blank=True, max_length=255)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='ErasureRun',
            fields=[
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='run', serialize=False, to='dashboard.privacyrequest')),
                ('step', models.CharField(max_length=40)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('total', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('found', models.JSONField(default=dict)),
                ('swept', models.JSONField(default=dict)),
                ('untold', models.PositiveIntegerField(default=0)),
                ('found_digest', models.CharField(blank=True, max_length=64)),
                ('neighbours', models.JSONField(default=dict)),
                ('verdict', models.JSONField(default=dict)),
                ('scrub', models.JSONField(default=list)),
                ('trouble', models.CharField(blank=True, max_length=255)),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('erased_at', models.DateTimeField(null=True)),
                ('alive_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='Pin',
            fields=[
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='pin', serialize=False, to='dashboard.privacyrequest')),
                ('memory_ids', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
            ],
        ),
        migrations.AddField(
            model_name='privacyrequest',
            name='bulk',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='dashboard.bulkerasure'),
        ),
        migrations.AddField(
            model_name='privacyrequest',
            name='requested_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='privacyrequest',
            name='tenant',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='privacy_requests', to='dashboard.tenant'),
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('tenant_digest', models.CharField(db_index=True, max_length=64)),
                ('document', models.TextField()),
                ('key', models.CharField(max_length=64)),
                ('public_key', models.CharField(max_length=64)),
                ('signature', models.CharField(max_length=128)),
                ('issued_at', models.DateTimeField()),
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='certificate', to='dashboard.privacyrequest')),
            ],
            options={
                'ordering': ('-issued_at',),
            },
        ),
        migrations.CreateModel(
            name='GhostPurge',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('before', models.DateTimeField()),
                ('reason', models.CharField(max_length=500)),
                ('requested_label', models.CharField(max_length=255)),
                ('requested_at', models.DateTimeField(auto_now_add=True)),
                ('approved_label', models.CharField(blank=True, max_length=255)),
                ('decided_at', models.DateTimeField(null=True)),
                ('rejected', models.BooleanField(default=False)),
                ('rows', models.PositiveIntegerField(null=True)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-requested_at',),
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reference', models.CharField(max_length=12)),
                ('code', models.CharField(max_length=40)),
                ('reason', models.CharField(max_length=500)),
                ('owner', models.CharField(max_length=255)),
                ('expires_on', models.DateField(null=True)),
                ('placed_label', models.CharField(max_length=255)),
                ('placed_at', models.DateTimeField(auto_now_add=True)),
                ('released_label', models.CharField(blank=True, max_length=255)),
                ('released_at', models.DateTimeField(null=True)),
                ('tenant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='holds', to='dashboard.tenant')),
            ],
            options={
                'ordering': ('-placed_at',),
            },
        ),
        migrations.CreateModel(
            name='Mention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('memory_id', models.CharField(max_length=255)),
                ('decision', models.CharField(blank=True, max_length=40)),
                ('decided_label', models.CharField(blank=True, max_length=255)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='dashboard.privacyrequest')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='dashboard.tenant')),
            ],
        ),
        migrations.CreateModel(
            name='Tombstone',
            fields=[
                ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('erased_at', models.DateTimeField()),
                ('looked', models.PositiveSmallIntegerField(default=0)),
                ('relearned_at', models.DateTimeField(null=True)),
                ('reported_at', models.DateTimeField(null=True)),
                ('request', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='dashboard.privacyrequest')),
            ],
        ),
        migrations.CreateModel(
            name='ErasureBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('memory_ids', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ('removed', models.JSONField(default=dict)),
                ('done_at', models.DateTimeField(null=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='dashboard.erasurerun')),
            ],
            options={
                'ordering': ('number',),
            },
        ),
        migrations.AddIndex(
            model_name='privacyrequest',
            index=models.Index(models.F('state'), models.F('due_on'), name='request_queue'),
        ),
        migrations.AddConstraint(
            model_name='privacyrequest',
            constraint=models.UniqueConstraint(models.F('tenant'), condition=models.Q(('kind', 'erasure'), models.Q(('state__in', ('completed', 'completed-with-residue', 'refused', 'cancelled')), _negated=True)), name='one_open_erasure_a_tenant'),
        ),
        migrations.AddConstraint(
            model_name='mention',
            constraint=models.UniqueConstraint(models.F('request'), models.F('tenant'), models.F('memory_id'), name='one_mention_a_memory'),
        ),
        migrations.AddConstraint(
            model_name='erasurebatch',
            constraint=models.UniqueConstraint(models.F('run'), models.F('number'), name='one_batch_a_number'),
        ),
    ]
