"""What the package reads of networks: their graph, their inputs, their masks."""
