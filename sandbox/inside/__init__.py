"""The untrusted half of the runner. It shares memory with learner code: no secrets, ever."""
