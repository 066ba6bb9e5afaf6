"""A client for the REST API: starts campaigns, waits for them, reads what came of them. Needs nothing but Python.

::

    from probewright.client import Client

    api = Client("https://probewright.example.org", token=os.environ["PROBEWRIGHT_TOKEN"])
    done = api.run(Path("nightly.yaml").read_text(), pass_criteria={"max_fail_rate": 0.05})
    print(done.gate.verdict, *done.gate.reasons)
    sys.exit(done.gate.exit_code)
"""

from probewright.client.answers import Campaign, Done, Gate
from probewright.client.client import Client
from probewright.client.failures import ApiError, ServerUnreachable, WaitedInVain
from probewright.client.webhooks import verify_webhook

__all__ = [
    "ApiError",
    "Campaign",
    "Client",
    "Done",
    "Gate",
    "ServerUnreachable",
    "WaitedInVain",
    "verify_webhook",
]
