"""What learners type into cells and exercises, kept across tabs and devices."""
