from meadow_airflow.jobs.leftovers import cancel_leftover
from stand_in_gateway import StandInGateway


def test_a_job_that_goes_on_is_cancelled_and_one_that_has_ended_is_not(gateway: StandInGateway) -> None:
    gateway.job_seconds = 3600
    goes_on, has_ended = (str(gateway._new_job("training", {})["id"]) for _ in range(2))
    gateway.end(has_ended)
    for job_id in (goes_on, has_ended, None):
        cancel_leftover(job_id)
    assert gateway.jobs[goes_on]["state"] == "cancelled"
    assert gateway.jobs[has_ended]["state"] == "succeeded"
