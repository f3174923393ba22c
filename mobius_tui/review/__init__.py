"""Looking back: what is told of a run, in every form."""
