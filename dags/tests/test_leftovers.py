from meadow_airflow.jobs.leftovers import cancel_leftover
from training_gateway import TrainingGateway


def test_a_job_that_goes_on_is_cancelled_and_one_that_has_ended_is_not(gateway: TrainingGateway) -> None:
    gateway.job_seconds = 3600
    goes_on, has_ended = (gateway.add_job().id for _ in range(2))
    gateway.end(has_ended)
    for job_id in (goes_on, has_ended, None):
        cancel_leftover(job_id)
    assert gateway.job(goes_on).state == "cancelled"
    assert gateway.job(has_ended).state == "succeeded"
