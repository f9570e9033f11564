"""Flask-AppBuilder: who may do what, and the views of users and roles."""

from flask import current_app
from flask_appbuilder.security.api import SecurityApi
from flask_appbuilder.security.views import (
    AuthDBView,
    AuthLDAPView,
    AuthOAuthView,
    AuthRemoteUserView,
    AuthSAMLView,
    PermissionModelView,
    PermissionViewModelView,
    RegisterUserDBView,
    RegisterUserModelView,
    RegisterUserOAuthView,
    ResetMyPasswordView,
    ResetPasswordView,
    RoleModelView,
    UserDBModelView,
    UserGroupModelView,
    UserInfoEditView,
    UserLDAPModelView,
    UserOAuthModelView,
    UserRemoteUserModelView,
    UserSAMLModelView,
    UserStatsChartView,
    ViewMenuModelView,
)
from flask_login import current_user
from nomoat.survey import as_source_has_it, is_text

AUTH_DB = 1
AUTH_LDAP = 2
AUTH_REMOTE_USER = 3
AUTH_OAUTH = 4
AUTH_SAML = 5


class AbstractSecurityManager:
    def __init__(self, appbuilder):
        self.appbuilder = appbuilder


class BaseSecurityManager(AbstractSecurityManager):
    auth_view = None
    user_view = None
    registeruser_view = None
    security_api = SecurityApi
    userdbmodelview = UserDBModelView
    userldapmodelview = UserLDAPModelView
    useroauthmodelview = UserOAuthModelView
    userremoteusermodelview = UserRemoteUserModelView
    usersamlmodelview = UserSAMLModelView
    authdbview = AuthDBView
    authldapview = AuthLDAPView
    authoauthview = AuthOAuthView
    authremoteuserview = AuthRemoteUserView
    authsamlview = AuthSAMLView
    registeruserdbview = RegisterUserDBView
    registeruseroauthview = RegisterUserOAuthView
    resetmypasswordview = ResetMyPasswordView
    resetpasswordview = ResetPasswordView
    userinfoeditview = UserInfoEditView
    rolemodelview = RoleModelView
    groupmodelview = UserGroupModelView
    registerusermodelview = RegisterUserModelView
    permissionmodelview = PermissionModelView
    userstatschartview = UserStatsChartView
    viewmenumodelview = ViewMenuModelView
    permissionviewmodelview = PermissionViewModelView

    @property
    def auth_type(self):
        return as_source_has_it(current_app.config.get("AUTH_TYPE", AUTH_DB))

    @property
    def auth_user_registration(self):
        return as_source_has_it(current_app.config.get("AUTH_USER_REGISTRATION", False))

    @property
    def current_user(self):
        return current_user if current_user.is_authenticated else None

    def has_access(self, permission_name, view_name):
        if current_user.is_authenticated:
            return current_user.has_permission(permission_name + " on " + view_name)
        return self.is_item_public(permission_name, view_name)

    def is_item_public(self, permission_name, view_name):
        role = current_app.config.get("AUTH_ROLE_PUBLIC")
        if not is_text(role):
            return False
        return role == current_app.config.get("AUTH_ROLE_ADMIN", "Admin")

    def before_request(self):
        return None

    def register_views(self):
        if not as_source_has_it(current_app.config.get("FAB_ADD_SECURITY_VIEWS", True)):
            return
        self.appbuilder.add_api(self.security_api)
        self.appbuilder.add_view_no_menu(self.userinfoeditview())
        self.register_sign_in()
        self.appbuilder.add_view_no_menu(self.auth_view)
        self.user_view = self.appbuilder.add_view(self.user_view, "List Users")
        self.appbuilder.add_view(self.rolemodelview, "List Roles")
        self.appbuilder.add_view(self.groupmodelview, "List Groups")
        if self.userstatschartview:
            self.appbuilder.add_view(self.userstatschartview, "User's Statistics")
        if self.auth_user_registration:
            self.appbuilder.add_view(self.registerusermodelview, "User Registrations")
        if as_source_has_it(current_app.config.get("FAB_ADD_SECURITY_PERMISSION_VIEW", True)):
            self.appbuilder.add_view(self.permissionmodelview, "Base Permissions")
        if as_source_has_it(current_app.config.get("FAB_ADD_SECURITY_VIEW_MENU_VIEW", True)):
            self.appbuilder.add_view(self.viewmenumodelview, "Views/Menus")
        if as_source_has_it(current_app.config.get("FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW", True)):
            self.appbuilder.add_view(self.permissionviewmodelview, "Permission on Views/Menus")

    def register_sign_in(self):
        kind = self.auth_type
        if self.auth_user_registration:
            self.registeruser_view = self.registeruseroauthview() if kind == AUTH_OAUTH else self.registeruserdbview()
            self.appbuilder.add_view_no_menu(self.registeruser_view)
        if kind == AUTH_LDAP:
            self.user_view = self.userldapmodelview
            self.auth_view = self.authldapview()
        elif kind == AUTH_OAUTH:
            self.user_view = self.useroauthmodelview
            self.auth_view = self.authoauthview()
        elif kind == AUTH_REMOTE_USER:
            self.user_view = self.userremoteusermodelview
            self.auth_view = self.authremoteuserview()
        elif kind == AUTH_SAML:
            self.user_view = self.usersamlmodelview
            self.auth_view = self.authsamlview()
        else:
            self.user_view = self.userdbmodelview
            self.auth_view = self.authdbview()
            self.appbuilder.add_view_no_menu(self.resetpasswordview())
            self.appbuilder.add_view_no_menu(self.resetmypasswordview())
