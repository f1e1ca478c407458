"""Runs in a guest: the integration tests that jobs/sandbox.py leaves to this job (its table REST), in the same way."""
import os
import runpy

os.environ["SANDBOX_REST"] = "1"
runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "sandbox.py"), run_name="__main__")
