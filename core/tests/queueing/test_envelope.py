import base64
import json
from typing import Any, cast

import redis
from celery import Celery

from meadow.schemas.queues import INTERACTIVE_QUEUE
from meadow_core.names import CLASSIFY_IMAGE_TASK
from meadow_core.queueing.app import create_celery
from meadow_core.queueing.envelope import build_envelope
from meadow_core.settings import Settings

# Each publisher signs its messages; Celery's own say more of who asked for the task.
DIFFER = {"origin", "replaced_task_nesting", "stamped_headers", "stamps"}


def as_celery_publishes(app: Celery, client: redis.Redis) -> dict[str, Any]:
    app.send_task(CLASSIFY_IMAGE_TASK, args=["unit"], task_id="unit", queue=INTERACTIVE_QUEUE, ignore_result=True)
    return cast("dict[str, Any]", json.loads(cast("bytes", client.rpop(INTERACTIVE_QUEUE))))


def test_our_message_is_the_one_that_celery_would_have_sent(settings: Settings, redis_client: redis.Redis) -> None:
    app = create_celery(settings)
    theirs = as_celery_publishes(app, redis_client)
    ours = json.loads(build_envelope(task=CLASSIFY_IMAGE_TASK, task_id="unit", queue=INTERACTIVE_QUEUE))
    app.close()
    assert ours.keys() == theirs.keys()
    assert ours["content-type"] == theirs["content-type"]
    assert ours["content-encoding"] == theirs["content-encoding"]
    assert json.loads(base64.b64decode(ours["body"])) == json.loads(base64.b64decode(theirs["body"]))
    assert ours["headers"].keys() == theirs["headers"].keys()
    for name in ours["headers"].keys() - DIFFER:
        assert ours["headers"][name] == theirs["headers"][name], name
    assert ours["properties"].keys() == theirs["properties"].keys()
    assert ours["properties"]["body_encoding"] == theirs["properties"]["body_encoding"]
    assert ours["properties"]["delivery_info"]["routing_key"] == INTERACTIVE_QUEUE
