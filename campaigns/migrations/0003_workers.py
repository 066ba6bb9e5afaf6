
from typing import Any

import django.db.models.deletion
from django.db import migrations, models


COUNTERS = ("calls", "prompt_tokens", "completion_tokens", "usd", "unpriced_calls", "retries", "seconds")
STATUSES = {"pass": "passes", "fail": "fails", "undecided": "undecided", "blocked": "blocked", "error": "errors"}


def count_by_shifts(apps: Any, schema_editor: Any) -> None:
    """Each campaign gets one shift, of nobody, with the counters that lay on the campaign so far."""
    campaigns, shifts = apps.get_model("campaigns", "Campaign"), apps.get_model("campaigns", "Shift")
    transcripts = apps.get_model("campaigns", "Transcript")
    for campaign in campaigns.objects.all():
        counted = transcripts.objects.filter(case__campaign=campaign).values_list("status").order_by()
        by_status = dict(counted.annotate(count=models.Count("pk")))
        counters = {name: getattr(campaign, name) for name in COUNTERS}
        outcomes = {column: by_status.get(status, 0) for status, column in STATUSES.items()}
        shifts.objects.create(campaign=campaign, worker="", **counters, **outcomes)
    campaigns.objects.filter(state="finished").update(is_planned=True)


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0002_provenance'),
    ]

    operations = [
        migrations.AddField(
            model_name='campaign',
            name='created_by',
            field=models.CharField(blank=True, help_text='the user of the web; empty: a command', max_length=150),
        ),
        migrations.AddField(
            model_name='campaign',
            name='decided_by',
            field=models.CharField(blank=True, help_text="the oracle whose verdicts decide since it judged again; empty: the spec's", max_length=60),
        ),
        migrations.AddField(
            model_name='campaign',
            name='is_planned',
            field=models.BooleanField(default=False, help_text='whether no further round comes'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='planner',
            field=models.CharField(blank=True, help_text='the process that plans: host, pid, start', max_length=200),
        ),
        migrations.AddField(
            model_name='campaign',
            name='planner_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='campaign',
            name='starts',
            field=models.PositiveIntegerField(default=0, help_text='how often it was started or resumed'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='runner',
            field=models.CharField(blank=True, help_text='the command that runs it alone: host, pid, start; empty: workers may', max_length=200),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='state',
            field=models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('stopped', 'Stopped'), ('finished', 'Finished')], db_index=True, default='stopped', max_length=10),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='stop_kind',
            field=models.CharField(blank=True, choices=[('limit', 'limit'), ('target', 'target'), ('interrupt', 'interrupt'), ('cancel', 'cancel'), ('setup', 'setup')], max_length=10),
        ),
        migrations.CreateModel(
            name='Shift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('worker', models.CharField(help_text='the process: host, pid, start', max_length=200)),
                ('lease_until', models.DateTimeField(help_text='null once it left', null=True)),
                ('calls', models.BigIntegerField(default=0)),
                ('prompt_tokens', models.BigIntegerField(default=0)),
                ('completion_tokens', models.BigIntegerField(default=0)),
                ('usd', models.FloatField(default=0.0, help_text='of the calls whose price is known')),
                ('unpriced_calls', models.BigIntegerField(default=0)),
                ('retries', models.BigIntegerField(default=0)),
                ('seconds', models.FloatField(default=0.0, help_text='of the wall clock, while this process planned')),
                ('passes', models.BigIntegerField(default=0)),
                ('fails', models.BigIntegerField(default=0)),
                ('undecided', models.BigIntegerField(default=0)),
                ('blocked', models.BigIntegerField(default=0)),
                ('errors', models.BigIntegerField(default=0)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='shifts', to='campaigns.campaign')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('campaign', 'worker'), name='one_shift_a_worker')],
            },
        ),
        migrations.RunPython(count_by_shifts, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='campaign',
            name='calls',
        ),
        migrations.RemoveField(
            model_name='campaign',
            name='completion_tokens',
        ),
        migrations.RemoveField(
            model_name='campaign',
            name='prompt_tokens',
        ),
        migrations.RemoveField(
            model_name='campaign',
            name='retries',
        ),
        migrations.RemoveField(
            model_name='campaign',
            name='seconds',
        ),
        migrations.RemoveField(
            model_name='campaign',
            name='unpriced_calls',
        ),
        migrations.RemoveField(
            model_name='campaign',
            name='usd',
        ),
    ]
