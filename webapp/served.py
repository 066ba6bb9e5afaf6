"""The web application as `probewright serve` runs it: in a process that ends with the command, even by kill -9."""

from probewright.pools.child import end_with_parent
from probewright.webapp.worker_log import log_to_stderr
from probewright.webapp.wsgi import application

__all__ = ["application"]

end_with_parent()
log_to_stderr()
