import subprocess
from pathlib import Path

import yaml

from built import K8S

RULES = """# A comment.
groups:
  - name: one
    rules:
      - alert: Late
        expr: |
          meadow_queue_depth > 1

          or vector(0) > 1
"""


def test_rule_files_become_resources_and_their_tests_do_not(tmp_path: Path) -> None:
    (tmp_path / "late_answers.yml").write_text(RULES)
    (tmp_path / "late_answers_test.yml").write_text("rule_files: [late_answers.yml]\ntests: []\n")
    command = [str(K8S / "rules"), *(str(path) for path in sorted(tmp_path.iterdir()))]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    [resource] = yaml.safe_load_all(printed)
    assert resource["kind"] == "PrometheusRule"
    assert resource["metadata"] == {"name": "meadow-late-answers"}
    assert resource["spec"] == yaml.safe_load(RULES)
