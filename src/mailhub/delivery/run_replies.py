"""Checks and other work that goes on by itself, as the API shows it."""

from typing import Any

from .check_runs import CheckResult, Run


def present_run(run: Run) -> dict[str, Any]:
    """As ``accounts.schema.RunningCheckReply`` has it."""
    result = run.result()
    return {"id": run.id, **present_check(result), "report": result.report}


def present_check(result: CheckResult) -> dict[str, Any]:
    """As ``accounts.schema.CheckReply`` has it."""
    error = result.error
    return {
        "outcome": result.outcome,
        "steps": [
            {
                "name": step.name,
                "outcome": step.outcome,
                "duration_seconds": step.duration_seconds,
                "detail": step.detail,
            }
            for step in result.steps
        ],
        "error": None if error is None else {"code": error.code, "message": error.message},
    }
