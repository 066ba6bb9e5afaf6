"""Telling others that a campaign has ended: noticed and sent by a worker, kept in rows until it is delivered."""
