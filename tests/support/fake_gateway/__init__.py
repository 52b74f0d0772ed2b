"""Servers on loopback to test against, for whatever is built on the client.

`ScriptedServer` answers what a test tells it to; `FakeGateway` keeps jobs as a gateway does, and classifies by name.
"""

from fake_gateway.gateway import FakeGateway
from fake_gateway.server import Answer, Asked, ScriptedServer, problem_answer

__all__ = ["Answer", "Asked", "FakeGateway", "ScriptedServer", "problem_answer"]
