"""A Celery message, written out.

The gateway puts record, image and message into Redis in one atomic step, so the message cannot go through Celery's own
publisher. The format is Celery's message protocol 2 inside the envelope of Kombu's Redis transport; a test compares it
with what Celery itself publishes.
"""

import base64
import json
import uuid

ORIGIN = "meadow"


def build_envelope(*, task: str, task_id: str, queue: str) -> str:
    """Return what a worker expects to pop from the queue's list.

    Args:
        task: Name of the Celery task.
        task_id: Name of the unit of work: the task's id and its only argument.
        queue: Name of the queue, which is the list's key.
    """
    embed = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    body = json.dumps([[task_id], {}, embed])
    return json.dumps(
        {
            "body": base64.b64encode(body.encode()).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {
                "lang": "py",
                "task": task,
                "id": task_id,
                "shadow": None,
                "eta": None,
                "expires": None,
                "group": None,
                "group_index": None,
                "retries": 0,
                "timelimit": [None, None],
                "root_id": task_id,
                "parent_id": None,
                "argsrepr": f"['{task_id}']",
                "kwargsrepr": "{}",
                "origin": ORIGIN,
                "ignore_result": True,
                "replaced_task_nesting": 0,
                "stamped_headers": None,
                "stamps": {},
            },
            "properties": {
                "correlation_id": task_id,
                "reply_to": "",
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": queue},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": str(uuid.uuid4()),
            },
        }
    )
