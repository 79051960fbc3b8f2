"""The rule of progressive delivery, as its manifest has it: what Prometheus is asked, and what its answer means.

Argo Rollouts evaluates it in a cluster; here the same words are read, so that a drill without a cluster judges by them.
"""

import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "deploy/delivery"
PASSES, FAILS, UNDECIDED = "passes", "fails", "undecided"
_CONDITION = re.compile(r"len\(result\) > 0 && result\[0\] (>=|<) ([0-9.]+)")
_COMPARED = {">=": operator.ge, "<": operator.lt}


@dataclass(frozen=True)
class Metric:
    """One of the rule's questions, for one service."""

    name: str
    query: str
    success: str
    failure: str

    def verdict(self, result: Sequence[float]) -> str:
        """What the values of the answer's vector mean."""
        if self._holds(self.success, result):
            return PASSES
        return FAILS if self._holds(self.failure, result) else UNDECIDED

    @staticmethod
    def _holds(condition: str, result: Sequence[float]) -> bool:
        found = _CONDITION.fullmatch(condition)
        assert found, f"a condition that is not understood here: {condition}"
        return len(result) > 0 and _COMPARED[found[1]](result[0], float(found[2]))


def metrics(**args: str) -> list[Metric]:
    """The rule's questions with these arguments: `service`, and `p95` in milliseconds."""
    template = yaml.safe_load((FOLDER / "rule.yaml").read_text())["spec"]
    assert {each["name"] for each in template["args"]} == set(args)

    def filled(text: str) -> str:
        for name, value in args.items():
            text = text.replace("{{args." + name + "}}", value)
        assert "{{" not in text, text
        return text

    return [
        Metric(
            each["name"],
            filled(each["provider"]["prometheus"]["query"]),
            filled(each["successCondition"]),
            filled(each["failureCondition"]),
        )
        for each in template["metrics"]
    ]


def args_of(service: str) -> dict[str, str]:
    """What the service's Rollout gives the rule."""
    rollout = yaml.safe_load((FOLDER / f"{service}.yaml").read_text())
    return {each["name"]: each["value"] for each in rollout["spec"]["strategy"]["canary"]["analysis"]["args"]}
