"""Connexion: which function the id of an operation names."""

from inspect import isclass

from connexion.utils import get_function_from_name
from inflection import camelize


class Resolution:
    def __init__(self, function, operation_id):
        self.function = function
        self.operation_id = operation_id


class Resolver:
    def __init__(self, function_resolver=get_function_from_name):
        self.function_resolver = function_resolver

    def resolve(self, operation):
        operation_id = self.resolve_operation_id(operation)
        return Resolution(self.resolve_function_from_operation_id(operation_id), operation_id)

    def resolve_operation_id(self, operation):
        if operation.router_controller is None:
            return operation.operation_id
        return f"{operation.router_controller}.{operation.operation_id}"

    def resolve_function_from_operation_id(self, operation_id):
        return self.function_resolver(operation_id)


class RelativeResolver(Resolver):
    def __init__(self, root_path, function_resolver=get_function_from_name):
        self.function_resolver = function_resolver
        self.root_path = root_path if isinstance(root_path, str) else root_path.__name__

    def resolve_operation_id(self, operation):
        if operation.router_controller is None:
            return f"{self.root_path}.{operation.operation_id}"
        return f"{operation.router_controller}.{operation.operation_id}"


class RestyResolver(Resolver):
    def __init__(self, default_module_name, collection_endpoint_name="search"):
        self.function_resolver = get_function_from_name
        self.default_module_name = default_module_name
        self.collection_endpoint_name = collection_endpoint_name

    def resolve_operation_id(self, operation):
        if operation.operation_id:
            return super().resolve_operation_id(operation)
        return self.resolve_operation_id_using_rest_semantics(operation)

    def resolve_operation_id_using_rest_semantics(self, operation):
        module = self.default_module_name
        if operation.router_controller:
            module = operation.router_controller
        elif operation.resource_name:
            module = f"{self.default_module_name}.{operation.resource_name}"
        name = self.collection_endpoint_name if operation.is_collection else operation.method
        return f"{module}.{name}"


class MethodResolverBase(RestyResolver):
    def __init__(self, *args, class_arguments=None, **kwargs):
        super().__init__(*args, **kwargs)

    def resolve_operation_id(self, operation):
        if operation.operation_id:
            return Resolver.resolve_operation_id(self, operation)
        module, view, method = self.resolve_operation_id_using_rest_semantics(operation).rsplit(".", 2)
        return f"{module}.{camelize(view)}View.{method}"

    def resolve_function_from_operation_id(self, operation_id):
        module, view, method = operation_id.rsplit(".", 2)
        found = get_function_from_name(f"{module}.{view}")
        if isclass(found):
            return getattr(found(), method)
        return self.function_resolver(operation_id)


class MethodResolver(MethodResolverBase):
    pass


class MethodViewResolver(MethodResolverBase):
    pass
