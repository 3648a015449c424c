"""One module for each runtime: converts a graph into its files. Sessions are the runtime's."""
