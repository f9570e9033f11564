"""Flask-AppBuilder: classes whose exposed methods are routes, and an application that they are added to."""

from flask_appbuilder.api import BaseApi, ModelRestApi
from flask_appbuilder.base import AppBuilder
from flask_appbuilder.baseviews import BaseView, expose
from flask_appbuilder.charts.views import DirectByChartView, GroupByChartView
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_appbuilder.views import (
    CompactCRUDMixin,
    IndexView,
    MasterDetailView,
    ModelView,
    MultipleView,
    PublicFormView,
    RestCRUDView,
    SimpleFormView,
)
