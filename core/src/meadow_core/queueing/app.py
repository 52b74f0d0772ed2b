"""The Celery application, the same for workers, trainer and Flower."""

from celery import Celery
from kombu import Queue

from meadow.schemas.queues import QUEUES
from meadow_core.settings.services import ServiceSettings


def create_celery(settings: ServiceSettings) -> Celery:
    """Make an application of our own, not the process-wide default.

    Messages are acknowledged late and never answered through a result backend: the job's record is the truth. A message
    whose worker dies is not redelivered by Celery but sent again by the sweeper, once the lease is over.
    """
    app = Celery("meadow", broker=settings.redis_url.get_secret_value(), set_as_current=False)
    app.conf.update(
        task_queues=[Queue(name, routing_key=name) for name in QUEUES],
        task_default_queue=QUEUES[0],
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=settings.task_events,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            # Queues are emptied in the order in which they are listed: interactive first.
            "queue_order_strategy": "priority",
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
    )
    return app
