"""The scene read as a request, and the strips of the sequencer that hold its script."""
