"""The parts of the demo scene: two characters, a stage and a timeline, all made in code."""
