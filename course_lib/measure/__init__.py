"""Experiments: the four transports over imperfect links, measured and held against formulas.

results = await run(Experiment(rate=2, seconds=10))
results.of(Transport.SSE).percentile(95)
"""

from course_lib.measure import predict
from course_lib.measure.experiment import Delivery, Experiment, Results, percentile
from course_lib.measure.runner import run
from course_lib.measure.schedule import Schedule, event_times
from course_lib.measure.sizes import Exchange, WireSizes, measure_sizes, record
