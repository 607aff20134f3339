"""The platforms: one contract, and one module for each platform that keeps it."""

import warnings

# twitter-text-parser reads its table of emoji through pkg_resources, whose end setuptools announces at every import.
warnings.filterwarnings("ignore", message="pkg_resources is deprecated as an API", category=UserWarning)
