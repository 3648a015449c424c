"""One module for each runtime: convert a graph into its files, open them as a session."""
