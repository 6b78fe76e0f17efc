"""Teams: who is in one, what is set to them, and what a teacher sees of it."""
