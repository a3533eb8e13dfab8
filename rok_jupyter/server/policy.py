"""Retention and schedule."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.models import Policy, PolicyPreview
from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.operation import Operation, operation
from rok_jupyter.wire.requests import PolicyBody


class PolicyHandler(RokHandler):
    """The one policy of this workspace."""

    @web.authenticated
    @authorized
    @operation(Operation(summary="Retention and schedule", returns={200: Policy}))
    async def get(self) -> None:
        """Answer the policy."""
        await self.respond(lambda core, _: core.service.policy())

    @web.authenticated
    @authorized
    @operation(Operation(summary="Replace retention and schedule", body=PolicyBody, returns={200: Policy}))
    async def put(self) -> None:
        """Store a policy, and answer it."""
        policy = self.body(PolicyBody).to_model()
        await self.respond(lambda core, _: core.service.set_policy(policy))


class PolicyPreviewHandler(RokHandler):
    """What a policy would do."""

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="What a policy would leave of a year of its schedule, and of what there is; changes nothing",
            body=PolicyBody,
            returns={200: PolicyPreview},
        )
    )
    async def post(self) -> None:
        """Answer the preview."""
        policy = self.body(PolicyBody).to_model()
        await self.respond(lambda core, _: core.service.preview_policy(policy))
