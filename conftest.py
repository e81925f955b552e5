"""Makes the tests of the core and of the plugins obey the same rules."""

pytest_plugins = ("pytester", "tests.kit.system", "tests.kit.skips")
