"""Live pictures: an ES module and one synced model each; nothing is loaded from the network."""
