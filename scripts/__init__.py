"""What is run by hand and by CI; Python that scripts share is here, too."""
