"""Speech encoders: a voice into speech features and phone posteriors at 50 Hz."""
