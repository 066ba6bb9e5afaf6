"""The Celery application: a broker wakes workers, nothing is kept there that is not in the database."""

from celery import Celery
from django.conf import settings

app = Celery("probewright", broker=settings.BROKER_URL, include=["probewright.campaigns.workers.tasks"])
app.conf.update(
    task_ignore_result=True,
    task_default_queue="probewright",
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a broker that is down may come back; until then the worker looks by itself
    broker_transport_options={"socket_connect_timeout": 2, "socket_timeout": 10, "socket_keepalive": True},
    worker_cancel_long_running_tasks_on_connection_loss=False,
)
app.set_default()
