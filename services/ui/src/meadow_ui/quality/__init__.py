"""How good the answers are, drawn: verdict, labelled accuracy, drift, and how the answers are divided."""
