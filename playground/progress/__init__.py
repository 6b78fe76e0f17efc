"""Where learners stand: what they read, ran, tried and passed."""
