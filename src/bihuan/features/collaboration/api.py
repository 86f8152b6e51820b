"""Routes of collaboration."""

from fastapi import APIRouter

from bihuan.features.collaboration import inbox_api

router = APIRouter()
router.include_router(inbox_api.router)
