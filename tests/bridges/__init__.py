"""Tests of the bridges to Home Assistant."""
