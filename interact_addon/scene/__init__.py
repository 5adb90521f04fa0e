"""What is said and done, when: the strips of the sequencer."""
