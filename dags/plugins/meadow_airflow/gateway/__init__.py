"""The gateway's HTTP interface, as far as the DAGs need it."""
