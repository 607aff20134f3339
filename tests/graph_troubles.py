"""The refusals that Meta documents for its Graph API, as answers that go wrong."""

import json
from collections.abc import Mapping

from graph_server import GraphError, gone

from connectors.base import Fault
from connectors.fault_proxy import Trouble


def trouble(error: GraphError, headers: Mapping[str, str] | None = None, *, status: int = 0) -> Trouble:
    """Return an answer that refuses; with `status` 200 it claims a success."""
    return Trouble(status=status or error.status, body=json.dumps(error.body), headers=headers or {})


def business_usage(share: int, minutes: int) -> dict[str, str]:
    usage = {"type": "pages", "call_count": share, "total_cputime": 3, "total_time": 4}
    limits = {"100200300": [{**usage, "estimated_time_to_regain_access": minutes}]}
    return {"X-Business-Use-Case-Usage": json.dumps(limits)}


TOO_MANY = GraphError(4, "(#4) Application request limit reached", 1_349_210, 403, is_transient=True)

REFUSALS: Mapping[Fault, Trouble] = {
    Fault.AUTH: trouble(GraphError(190, "Error validating access token: Session has expired.", 463, 401)),
    Fault.FORBIDDEN_BY_POLICY: trouble(GraphError(368, "The action attempted has been deemed abusive")),
    Fault.DUPLICATE: trouble(GraphError(506, "Duplicate status message")),
    Fault.GONE: trouble(gone("POST", "1_2")),
    Fault.TOO_LONG: trouble(GraphError(100, "(#100) Length of param message must be less than or equal to 8000")),
    Fault.INVALID: trouble(GraphError(100, "(#100) The parameter message is required")),
    Fault.RATE_LIMITED: trouble(TOO_MANY, business_usage(100, 7)),
}
