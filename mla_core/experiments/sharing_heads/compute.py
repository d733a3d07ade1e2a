"""Computes an `Overview`."""

import dataclasses

from mla_core.experiments import Models
from mla_core.experiments.sharing_heads import Overview, Survey
from mla_core.inference.tracing import trace

LISTED = 6


def survey(asked: Survey, models: Models) -> Overview:
    """Runs the text and keeps its patterns and what comes next after its last token.

    Raises:
        PromptError: the prompt is empty or too long.
    """
    seen = trace(models.model(asked.model), asked.prompt, record=("next_ids", "next", "pattern"))
    next_ids, following = seen.next_ids[-1, :LISTED], seen.next[-1, :LISTED]
    pattern = dataclasses.replace(seen, arrays={"pattern": seen.pattern})
    return Overview(pattern, next_ids, following)


COMPUTE = {Survey: survey}
