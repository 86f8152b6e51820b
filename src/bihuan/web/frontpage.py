"""The built front end: files under /assets for ever, every other address the one page; a clear page when it is not built."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException

FOLDER = Path(__file__).parent / "static"  # `npm run build` writes here, and the wheel carries it
NOT_BUILT = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>闭环 Bihuan</title>
<body style="font-family:sans-serif;max-width:40em;margin:4em auto;line-height:1.7">
<h1>前端尚未构建</h1><p>服务已启动，接口可用:<a href="/api/openapi.json">/api/openapi.json</a></p>
<p>在项目目录运行 <code>make demo</code>（会自动构建），
或在 <code>frontend/</code> 中运行 <code>npm run build</code>，然后刷新本页。</p>
<p>The front end has not been built. Run <code>make demo</code>, then reload.</p></body></html>"""


def install(app: FastAPI, folder: Path = FOLDER) -> None:
    """Mounts the front end behind everything else."""

    @app.get("/{path:path}", include_in_schema=False)
    def page(request: Request, path: str) -> Response:
        if path.startswith("api/"):
            raise HTTPException(404)
        file = (folder / path).resolve()
        if path and file.is_file() and file.is_relative_to(folder.resolve()):
            keep = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
            return FileResponse(file, headers={"cache-control": keep})
        if "." in path.rsplit("/", 1)[-1] and "text/html" not in request.headers.get("accept", ""):
            raise HTTPException(404)
        index = folder / "index.html"
        if not index.is_file():
            return HTMLResponse(NOT_BUILT, 503)
        return FileResponse(index, headers={"cache-control": "no-cache"})
