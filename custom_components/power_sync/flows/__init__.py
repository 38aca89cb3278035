"""The dialogues in which users set up a site: its prices, batteries and limits."""
