"""What `course.py` does before anything is installed: make the environment, and hand over to it."""
