"""What all tests of this repository share and no plugin author needs (for those: ``mailhub.testing``)."""
