"""Review page: the queue of uncertain answers to be labelled."""
