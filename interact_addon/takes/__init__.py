"""Takes: each generation kept, as an action an actor with what made it."""
