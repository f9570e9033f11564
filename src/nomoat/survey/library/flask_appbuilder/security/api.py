"""Flask-AppBuilder: the sign-in by a token, and interfaces to users, roles and permissions."""

from flask import jsonify, make_response
from flask_appbuilder.api import BaseApi, ModelRestApi, expose, protect, safe
from flask_jwt_extended import jwt_required


class SecurityApi(BaseApi):
    resource_name = "security"

    @expose("/login", methods=["POST"])
    @safe
    def login(self):
        return make_response(jsonify(), 200)

    @expose("/refresh", methods=["POST"])
    @jwt_required(refresh=True)
    @safe
    def refresh(self):
        return make_response(jsonify(), 200)


class PermissionApi(ModelRestApi):
    resource_name = "security/permissions"


class PermissionViewMenuApi(ModelRestApi):
    resource_name = "security/permissions-resources"


class ViewMenuApi(ModelRestApi):
    resource_name = "security/resources"


class UserApi(ModelRestApi):
    resource_name = "security/users"


class GroupApi(ModelRestApi):
    resource_name = "security/groups"


class RoleApi(ModelRestApi):
    resource_name = "security/roles"

    @expose("/<int:role_id>/permissions/", methods=["GET"])
    @protect()
    @safe
    def list_role_permissions(self, role_id):
        return make_response(jsonify(), 200)

    @expose("/<int:role_id>/permissions", methods=["POST"])
    @protect()
    @safe
    def add_role_permissions(self, role_id):
        return make_response(jsonify(), 200)

    @expose("/<int:role_id>/users", methods=["PUT"])
    @protect()
    @safe
    def update_role_users(self, role_id):
        return make_response(jsonify(), 200)

    @expose("/<int:role_id>/groups", methods=["PUT"])
    @protect()
    @safe
    def update_role_groups(self, role_id):
        return make_response(jsonify(), 200)
