"""Flask-AppBuilder: the sign-in, the registration, and the views of users, roles and permissions."""

from flask import make_response
from flask_appbuilder.baseviews import BaseView, expose
from flask_appbuilder.charts.views import DirectByChartView
from flask_appbuilder.security.decorators import has_access
from flask_appbuilder.views import ModelView, PublicFormView, SimpleFormView


class PermissionModelView(ModelView):
    route_base = "/permissions"
    include_route_methods = ("list",)


class ViewMenuModelView(ModelView):
    route_base = "/viewmenus"
    include_route_methods = ("list",)


class PermissionViewModelView(ModelView):
    route_base = "/permissionviews"
    include_route_methods = ("list",)


class ResetMyPasswordView(SimpleFormView):
    route_base = "/resetmypassword"


class ResetPasswordView(SimpleFormView):
    route_base = "/resetpassword"


class UserInfoEditView(SimpleFormView):
    pass


class UserModelView(ModelView):
    route_base = "/users"

    @expose("/userinfo/")
    @has_access
    def userinfo(self):
        return make_response("", 200)


class UserLDAPModelView(UserModelView):
    pass


class UserOAuthModelView(UserModelView):
    pass


class UserRemoteUserModelView(UserModelView):
    pass


class UserSAMLModelView(UserModelView):
    pass


class UserDBModelView(UserModelView):
    pass


class UserStatsChartView(DirectByChartView):
    pass


class RoleModelView(ModelView):
    route_base = "/roles"


class UserGroupModelView(ModelView):
    route_base = "/groups"


class RegisterUserModelView(ModelView):
    route_base = "/registeruser"
    include_route_methods = ("list", "show", "delete")


class BaseRegisterUser(PublicFormView):
    route_base = "/register"

    @expose("/activation/<string:activation_hash>")
    def activation(self, activation_hash):
        return make_response("", 200)


class RegisterUserDBView(BaseRegisterUser):
    pass


class RegisterUserOAuthView(BaseRegisterUser):
    pass


class AuthView(BaseView):
    route_base = ""

    @expose("/login/", methods=["GET", "POST"])
    def login(self):
        return make_response("", 200)

    @expose("/logout/")
    def logout(self):
        return make_response("", 302)


class AuthDBView(AuthView):
    pass


class AuthLDAPView(AuthView):
    pass


class AuthOAuthView(AuthView):
    @expose("/login/")
    @expose("/login/<provider>")
    def login(self, provider=None):
        return make_response("", 200)

    @expose("/oauth-authorized/<provider>")
    def oauth_authorized(self, provider):
        return make_response("", 200)


class AuthSAMLView(AuthView):
    @expose("/login/")
    @expose("/login/<idp>")
    def login(self, idp=None):
        return make_response("", 200)

    @expose("/saml/acs/", methods=["POST"])
    def acs(self):
        return make_response("", 200)

    @expose("/saml/slo/", methods=["GET", "POST"])
    def slo(self):
        return make_response("", 200)

    @expose("/saml/metadata/")
    @expose("/saml/metadata/<idp>")
    def metadata(self, idp=None):
        return make_response("", 200)


class AuthRemoteUserView(AuthView):
    @expose("/login/")
    def login(self):
        return make_response("", 200)
