"""`python -m meadow_dashboards`: write the dashboards that Grafana is provisioned with."""

from meadow_dashboards.places import DASHBOARDS, file_of, text_of

if __name__ == "__main__":
    for board in DASHBOARDS:
        file_of(board).write_text(text_of(board), encoding="utf-8")
