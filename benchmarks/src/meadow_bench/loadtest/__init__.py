"""Load tests: stages of users on a stack, what they must not see, and the page that says what they saw."""
