"""What the notebooks import: data, kernels, plots and checks."""
