"""How good the answers are, as far as can be told while nobody knows the truth: counts, tests of drift, a verdict."""
