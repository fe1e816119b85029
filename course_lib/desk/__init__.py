"""A learner's desk: copies of the notebooks to work on, and the JupyterLab that opens them."""
