"""The floor for a POST: a Starlette route that reads its body and answers, under the same uvicorn."""

import os

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.serving import KEEP_ALIVE


async def take(request: Request) -> Response:
    await request.body()
    return JSONResponse({"ok": True}, status_code=201)


async def healthz(_request: Request) -> Response:
    return Response()


app = Starlette(routes=[Route("/post", take, methods=["POST"]), Route("/healthz", healthz)])

if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        access_log=False,
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE,  # its connections stand idle while the others have their turn
    )
