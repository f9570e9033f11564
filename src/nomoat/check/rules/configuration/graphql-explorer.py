from django.conf import settings
from graphene_django.views import GraphQLView
from strawberry.fastapi import GraphQLRouter

served = GraphQLView.as_view(graphiql=True)  # expect: graphql-explorer
router = GraphQLRouter(schema, graphql_ide="graphiql")  # expect: graphql-explorer
quiet = GraphQLView.as_view(graphiql=False)
shown = GraphQLView.as_view(graphiql=settings.DEBUG)
none = GraphQLRouter(schema, graphql_ide=None)
