"""Which tokens of which grammar are names that scope resolves, and where a name is made.

Tables by language, in the words of the grammars. A place is a parent's kind, or the kind and the
field of it in which the name stands: `kind.field`.

Left out: walking trees, and what is made of the names (`names`).

Rules
 - What is not listed as something else is a use. So a place that is forgotten here costs a false
   alarm, which the benchmark shows, and hides nothing.
 - What belongs to something else is no use: attributes, members, labels, keys, names of keyword
   arguments, what stands behind `::`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Kinds:
    """How one grammar writes names."""

    names: frozenset[str]  # kinds of tokens
    apart: frozenset[str] = frozenset()  # places where a name belongs to something else
    made: frozenset[str] = frozenset()  # places where one is made
    # kinds, or places, that make every name below them: imports, left sides
    makers: frozenset[str] = frozenset()
    skips: frozenset[str] = frozenset()  # places below which all belongs to something else
    defining: frozenset[str] = frozenset()  # places that the index of a workspace takes
    wild: frozenset[str] = frozenset()  # kinds that bring in names that nobody sees
    plain: frozenset[str] = field(default_factory=frozenset)  # words that are never looked up


def _set(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_PYTHON = Kinds(
    names=_set("identifier"),
    apart=_set("attribute.attribute keyword_argument.name keyword_pattern class_pattern"),
    made=_set(
        "function_definition.name class_definition.name parameters lambda_parameters",
        "default_parameter.name typed_parameter typed_default_parameter.name list_splat_pattern",
        "dictionary_splat_pattern as_pattern_target aliased_import.alias named_expression.name",
        "pattern_list tuple_pattern list_pattern assignment.left for_statement.left",
        "for_in_clause.left global_statement nonlocal_statement type_parameter splat_pattern",
        "augmented_assignment.left type_alias_statement.left",
    ),
    makers=_set("import_statement import_from_statement future_import_statement case_pattern"),
    defining=_set("function_definition.name class_definition.name assignment.left"),
    wild=_set("wildcard_import"),
)
_SCRIPT = Kinds(
    names=_set("identifier type_identifier shorthand_property_identifier",
               "shorthand_property_identifier_pattern"),
    apart=_set(
        "nested_type_identifier.name jsx_attribute nested_identifier.property",
        "member_expression.property meta_property named_tuple_member.name jsx_namespace_name",
    ),
    made=_set(
        "variable_declarator.name function_declaration.name generator_function_declaration.name",
        "function_expression.name class_declaration.name class.name formal_parameters",
        "required_parameter.pattern optional_parameter.pattern arrow_function.parameter",
        "array_pattern rest_pattern assignment_pattern.left object_assignment_pattern.left",
        "pair_pattern.value catch_clause.parameter for_in_statement.left enum_declaration.name",
        "interface_declaration.name type_alias_declaration.name type_parameter.name infer_type",
        "mapped_type_clause.name index_signature.name internal_module.name module.name",
        "abstract_class_declaration.name function_signature.name export_specifier.alias",
        "generator_function.name object_pattern type_predicate.name asserts import_alias",
    ),
    makers=_set("import_clause namespace_export import_require_clause"),
    defining=_set(
        "variable_declarator.name function_declaration.name class_declaration.name",
        "generator_function_declaration.name enum_declaration.name interface_declaration.name",
        "type_alias_declaration.name abstract_class_declaration.name internal_module.name",
        "function_signature.name module.name",
    ),
    plain=_set("undefined arguments"),
)  # fmt: skip
_JAVA = Kinds(
    names=_set("identifier type_identifier"),
    apart=_set(
        "field_access.field scoped_type_identifier element_value_pair.key labeled_statement",
        "break_statement continue_statement method_reference switch_label module_declaration",
    ),
    made=_set(
        "variable_declarator.name formal_parameter.name catch_formal_parameter.name",
        "enhanced_for_statement.name lambda_expression.parameters inferred_parameters",
        "class_declaration.name interface_declaration.name enum_declaration.name",
        "record_declaration.name annotation_type_declaration.name method_declaration.name",
        "constructor_declaration.name enum_constant.name type_parameter resource.name",
        "instanceof_expression.name type_pattern record_pattern_component",
        "annotation_type_element_declaration.name compact_constructor_declaration.name",
    ),
    makers=_set("import_declaration package_declaration scoped_identifier"),
    defining=_set(
        "variable_declarator.name class_declaration.name interface_declaration.name",
        "enum_declaration.name record_declaration.name annotation_type_declaration.name",
        "method_declaration.name enum_constant.name",
    ),
    wild=_set("asterisk"),
    plain=_set("java javax com org net io android androidx kotlin jdk sun length"),
)
_GO = Kinds(
    names=_set("identifier type_identifier package_identifier"),
    apart=_set("package_clause qualified_type.name"),
    skips=_set("keyed_element.key"),
    made=_set(
        "parameter_declaration.name variadic_parameter_declaration.name var_spec.name",
        "const_spec.name function_declaration.name type_spec.name type_alias.name",
        "type_parameter_declaration.name import_spec.name",
    ),
    makers=_set(
        "import_spec short_var_declaration.left range_clause.left receive_statement.left",
        "type_switch_statement.alias",
    ),
    defining=_set(
        "var_spec.name const_spec.name function_declaration.name type_spec.name type_alias.name"
    ),
    wild=_set("dot"),
    plain=_set("_ C"),
)
_C = Kinds(
    names=_set("identifier type_identifier namespace_identifier"),
    apart=_set(
        "qualified_identifier.name goto_statement labeled_statement attribute field_designator",
        "template_method.name template_function.name dependent_name preproc_defined",
        "preproc_ifdef.name asm_statement",
    ),
    made=_set(
        "init_declarator.declarator pointer_declarator.declarator array_declarator.declarator",
        "function_declarator.declarator parameter_declaration.declarator declaration.declarator",
        "reference_declarator preproc_def.name preproc_function_def.name preproc_params",
        "enumerator.name struct_specifier.name class_specifier.name enum_specifier.name",
        "union_specifier.name type_definition.declarator type_parameter_declaration",
        "alias_declaration.name namespace_definition.name for_range_loop.declarator",
        "structured_binding_declarator lambda_capture_initializer parenthesized_declarator",
        "optional_parameter_declaration.declarator variadic_declarator destructor_name",
        "optional_type_parameter_declaration.name variadic_type_parameter_declaration",
        "concept_definition.name attributed_declarator namespace_alias_definition.name",
        "field_initializer variadic_parameter_declaration",
        "nested_namespace_specifier",
    ),
    makers=_set("using_declaration preproc_include"),
    defining=_set(
        "function_declarator.declarator preproc_def.name preproc_function_def.name",
        "enumerator.name struct_specifier.name class_specifier.name enum_specifier.name",
        "union_specifier.name type_definition.declarator alias_declaration.name",
        "namespace_definition.name init_declarator.declarator declaration.declarator",
        "concept_definition.name field_declaration.declarator nested_namespace_specifier",
        "pointer_declarator.declarator array_declarator.declarator",
    ),
    plain=_set(
        "std final override NULL nullptr defined reinterpret_cast static_cast const_cast",
        "dynamic_cast",
    ),
)
_RUST = Kinds(
    names=_set("identifier type_identifier shorthand_field_identifier"),
    apart=_set(
        "scoped_identifier.name scoped_type_identifier.name lifetime type_binding.name label",
        "attribute tuple_struct_pattern.type loop_label enum_variant.name generic_function.field",
        "visibility_modifier",
    ),
    made=_set(
        "let_declaration.pattern parameter.pattern closure_parameters tuple_pattern",
        "tuple_struct_pattern slice_pattern ref_pattern mut_pattern captured_pattern",
        "field_pattern or_pattern match_pattern for_expression.pattern let_condition.pattern",
        "function_item.name function_signature_item.name struct_item.name enum_item.name",
        "trait_item.name type_item.name mod_item.name const_item.name static_item.name",
        "union_item.name macro_definition.name type_parameter type_parameters.name",
        "const_parameter.name associated_type.name reference_pattern",
        "extern_crate_declaration.name constrained_type_parameter.left",
        "optional_type_parameter.name token_binding_pattern.name",
    ),
    makers=_set("use_declaration macro_definition extern_crate_declaration"),
    defining=_set(
        "function_item.name function_signature_item.name struct_item.name enum_item.name",
        "trait_item.name type_item.name mod_item.name const_item.name static_item.name",
        "union_item.name macro_definition.name enum_variant.name associated_type.name",
    ),
    plain=_set("self Self crate super _ default union auto raw"),
)
KINDS: Final[dict[str, Kinds]] = {
    "c": _C,
    "cpp": _C,
    "go": _GO,
    "java": _JAVA,
    "javascript": _SCRIPT,
    "javascriptreact": _SCRIPT,
    "python": _PYTHON,
    "rust": _RUST,
    "typescript": _SCRIPT,
    "typescriptreact": _SCRIPT,
}
# Whose bodies nobody else looks into.
FUNCTIONS: Final = _set(
    "function_definition function_declaration method_declaration constructor_declaration",
    "function_item arrow_function function_expression method_definition func_literal lambda",
    "lambda_expression closure_expression generator_function generator_function_declaration",
    "compact_constructor_declaration",
)
BUILTINS: Final[dict[str, str]] = {
    "c": "c",
    "cpp": "c",
    "go": "go",
    "java": "java",
    "javascript": "script",
    "javascriptreact": "script",
    "python": "python",
    "rust": "rust",
    "typescript": "script",
    "typescriptreact": "script",
}
