"""The backtest of a site, in a real Home Assistant with a real recorder."""
