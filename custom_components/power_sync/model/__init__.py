"""The words that all rooms share. Pure: nothing here imports Home Assistant."""
