"""The judge and the bench.

The judge (pytest, trusted) and the bench (the learner's code, not trusted) are two
processes. They exchange plain values and sockets, never objects.
"""
