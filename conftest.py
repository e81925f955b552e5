"""Makes the tests of the core and of the plugins obey the same rules."""

pytest_plugins = ("tests.kit.system", "tests.kit.skips")
