"""Who decides: the person, pipeline or process whose name an event carries."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["person", "ci", "operator", "monitor"]

# (a variable that is set there, how we call it, who started it, which run it is), as each service documents them
_PIPELINES = (
    ("GITHUB_ACTIONS", "github-actions", "GITHUB_ACTOR", "GITHUB_RUN_ID"),
    ("GITLAB_CI", "gitlab-ci", "GITLAB_USER_LOGIN", "CI_JOB_ID"),
    ("BITBUCKET_BUILD_NUMBER", "bitbucket", "BITBUCKET_STEP_TRIGGERER_UUID", "BITBUCKET_BUILD_NUMBER"),
    ("TF_BUILD", "azure-pipelines", "BUILD_REQUESTEDFOR", "BUILD_BUILDID"),
    ("JENKINS_URL", "jenkins", "BUILD_USER_ID", "BUILD_TAG"),
    ("BUILDKITE", "buildkite", "BUILDKITE_BUILD_CREATOR", "BUILDKITE_BUILD_ID"),
    ("CI", "ci", "", ""),
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted (`id`), how they were known (`via`: the local machine, a pipeline, a provider's token), and as what."""

    id: str
    via: str = "local"
    kind: ActorKind = "person"


def actor_from_environment(environment: Mapping[str, str] = os.environ) -> Actor:
    """Return the pipeline that runs this process, else `user@host` as a person."""
    for marker, service, who, run in _PIPELINES:
        if environment.get(marker, "").lower() not in {"", "0", "false"}:
            number = environment.get(run, "")
            via = f"{service}/{number}" if number else service
            return Actor(environment.get(who) or _user_at_host(), via, "ci")
    return Actor(_user_at_host())


def _user_at_host() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a name; 3.13 raises OSError for it
        user = f"uid{os.getuid()}"
    return f"{user}@{socket.gethostname()}"
