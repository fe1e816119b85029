"""What holds for every test here."""

from hypothesis import settings

# A generated example may take its time: machines are shared.
settings.register_profile("course", deadline=None)
settings.load_profile("course")
