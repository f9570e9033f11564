"""Flask-Admin: the pages of a model."""

from flask import redirect
from flask_admin.base import BaseView, expose


class BaseModelView(BaseView):
    can_create = True
    can_edit = True
    can_delete = True
    can_view_details = False
    can_export = False

    def __init__(
        self,
        model,
        name=None,
        category=None,
        endpoint=None,
        url=None,
        static_folder=None,
        menu_class_name=None,
        menu_icon_type=None,
        menu_icon_value=None,
    ):
        self.model = model
        super().__init__(name, category, self._get_endpoint(endpoint, model), url, static_folder)

    def _get_endpoint(self, endpoint, model=None):
        if endpoint:
            return endpoint
        return (model or self.model).__name__.lower()

    @expose("/")
    def index_view(self):
        return self.render("list")

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self):
        return self.render("create")

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self):
        return self.render("edit")

    @expose("/details/")
    def details_view(self):
        return self.render("details")

    @expose("/delete/", methods=("POST",))
    def delete_view(self):
        return redirect(self.url)

    @expose("/action/", methods=("POST",))
    def action_view(self):
        return redirect(self.url)

    @expose("/export/<export_type>/")
    def export(self, export_type):
        return self.render("export")

    @expose("/ajax/lookup/")
    def ajax_lookup(self):
        return self.render("lookup")

    @expose("/ajax/update/", methods=("POST",))
    def ajax_update(self):
        return self.render("update")
