"""Pipelines out of files that were written for CodePipeline, and back into such files. Pure: no Django, no AWS.

A file is JSON of the API (the input of CreatePipeline, or what GetPipeline answered), or a CloudFormation template in
JSON or YAML, as AWS CDK writes them too. What a template says with functions is worked out as far as that goes without
AWS; what is left is named.
"""

from .exporting import as_template
from .members import Imported
from .reading import Unreadable, read
from .template import Surroundings, imported

__all__ = ["Imported", "Surroundings", "Unreadable", "as_template", "imported", "read"]
