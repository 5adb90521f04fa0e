"""Other people's faces into the runtime's own curves."""
