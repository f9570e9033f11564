"""FastAPI Users: who is calling, by a token of a header or a cookie, and the routers that accounts need."""

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import APIKeyHeader


class Authenticator:
    def current_user(
        self, optional=False, active=False, verified=False, superuser=False, get_enabled_backends=None
    ):
        def current_user_dependency(user=Depends(APIKeyHeader(name="authorization", auto_error=False))):
            if user is None:
                if optional:
                    return None
                raise HTTPException(401)
            if active and not user.is_active:
                if optional:
                    return None
                raise HTTPException(401)
            if (verified and not user.is_verified) or (superuser and not user.is_superuser):
                if optional:
                    return None
                raise HTTPException(403)
            return user

        return current_user_dependency

    def current_user_token(
        self, optional=False, active=False, verified=False, superuser=False, get_enabled_backends=None
    ):
        return self.current_user(optional, active, verified, superuser, get_enabled_backends)


class FastAPIUsers:
    def __init__(self, get_user_manager, auth_backends):
        self.authenticator = Authenticator()
        self.current_user = self.authenticator.current_user

    def get_auth_router(self, backend, requires_verification=False):
        router = APIRouter()
        signed_in = self.authenticator.current_user_token(active=True, verified=requires_verification)

        @router.post("/login")
        def login(credentials=Depends(lambda: None)):
            return None

        @router.post("/logout")
        def logout(user_token=Depends(signed_in)):
            return None

        return router

    def get_register_router(self, user_schema, user_create_schema):
        router = APIRouter()

        @router.post("/register")
        def register():
            return None

        return router

    def get_verify_router(self, user_schema):
        router = APIRouter()

        @router.post("/request-verify-token")
        def request_verify_token():
            return None

        @router.post("/verify")
        def verify():
            return None

        return router

    def get_reset_password_router(self):
        router = APIRouter()

        @router.post("/forgot-password")
        def forgot_password():
            return None

        @router.post("/reset-password")
        def reset_password():
            return None

        return router

    def get_users_router(self, user_schema, user_update_schema, requires_verification=False):
        router = APIRouter()
        signed_in = self.authenticator.current_user(active=True, verified=requires_verification)
        superuser = self.authenticator.current_user(active=True, verified=requires_verification, superuser=True)

        @router.get("/me")
        def me(user=Depends(signed_in)):
            return user

        @router.patch("/me")
        def update_me(user=Depends(signed_in)):
            return user

        @router.get("/{id}", dependencies=[Depends(superuser)])
        def get_user(id):
            return None

        @router.patch("/{id}", dependencies=[Depends(superuser)])
        def update_user(id):
            return None

        @router.delete("/{id}", dependencies=[Depends(superuser)])
        def delete_user(id):
            return None

        return router

    def get_oauth_router(
        self, oauth_client, backend, state_secret, redirect_url=None, associate_by_email=False,
        is_verified_by_default=False, **more,
    ):  # fmt: skip
        router = APIRouter()

        @router.get("/authorize")
        def authorize():
            return None

        @router.get("/callback")
        def callback():
            return None

        return router

    def get_oauth_associate_router(
        self, oauth_client, user_schema, state_secret, redirect_url=None, requires_verification=False, **more
    ):
        router = APIRouter()
        signed_in = self.authenticator.current_user(active=True, verified=requires_verification)

        @router.get("/authorize")
        def authorize(user=Depends(signed_in)):
            return None

        @router.get("/callback")
        def callback(user=Depends(signed_in)):
            return None

        return router
